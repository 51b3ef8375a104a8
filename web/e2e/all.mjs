// All journeys in one process: the run's one-time code signs in once, and the cookie is kept for the others.
import './wall.test.mjs';
import './playback.test.mjs';
