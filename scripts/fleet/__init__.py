"""A hamlet of RTSP cameras on one machine, for tests, the demo and the long suites.

Nothing is encoded at run time: every clip is read once and kept as encoded frames (`clips`), a player walks
endlessly over them on the wall clock (`pacing`), a camera is two mount points plus its faults (`camera`), the
hamlet owns the RTSP servers (`hamlet`), and a small HTTP port takes faults on command (`control`). RTSP, RTP
and RTCP are spoken by Debian's gst-rtsp-server, so the recorder meets a peer its authors did not write.

Two properties the measurements rest on:

* Cameras run on their own clock from the start of the program. Whoever connects gets a key frame at once, as
  from a camera that forces one on PLAY, and from the next scheduled key frame on the camera is back on its own
  beat. So key frames of different cameras never coincide for long, however many clients connect at one instant.
* Every video frame carries a mark (`marks`): stream, running number, time of sending. Whoever reads a recorded
  file can say which frames are missing and how old the last one was, to the frame and without a decoder.
"""
