//! Room retention on real files and a real catalogue.

mod by_age;
mod by_room;
mod full_disk;
mod locks;
mod motion;
mod recording;
mod site;
