//! Rooms from outside, in one program: linking is slow, tests are not.

mod http;
