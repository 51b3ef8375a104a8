"""Footage for simulated cameras, made with ffmpeg and a little painting.

`paint` draws (pixels, pure Python), `places` are still views of a hamlet seen by a camera on a pole, `actors` move
through them, `lanes` says what each of the 19 cameras sees, `encode` turns that into main and sub clips encoded the
way cameras encode: I and P frames, a key frame every two seconds, a steady bit rate.
"""
