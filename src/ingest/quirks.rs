//! What cameras do wrong, and what we do about it.
//!
//! Every quirk is tolerated for every camera: an installer does not know a firmware's faults, and being strict would
//! lose footage to prove a point. Each has its name here, with the reason, and its effect in one of the three
//! functions below.

use retina::client::{
    InitialSequenceNumberPolicy, InitialTimestampPolicy, PlayOptions, Session, SessionIdPolicy,
    SessionOptions, TeardownPolicy, UnassignedChannelDataPolicy, UnknownRtcpSsrcPolicy,
};
use url::Url;

/// A fault that is known from cameras in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quirk {
    /// `RTP-Info` has no `rtptime`, or one that has nothing to do with the packets. Each track is placed on its own by
    /// arrivals, so we do not need it.
    WrongRtpTime,
    /// `RTP-Info` says `seq=0` or another number than the first packet has (Hikvision, Tapo). Ignored: counting
    /// losses starts with the first packet.
    WrongFirstSequence,
    /// Sender reports carry another SSRC than the media. They are taken for the track's own, as they only tell the
    /// camera's clock; learning the SSRC from them would reject the media.
    ReportsWithOtherSsrc,
    /// Packets on an interleaved channel that was never set up: tracks nobody asked for. Dropped.
    UnassignedChannel,
    /// Another session id in the answer to the second `SETUP`. The first one is used.
    ChangingSessionId,
    /// Old live555 servers go on sending to a connection that is gone, and to whoever gets its descriptor next. Only a
    /// `TEARDOWN` on a new connection ends that (see [`Quirk::ForeignBase`]).
    StaleLive555Session,
    /// `Content-Base` names another host, by fault or malice. On the session's own connection this is harmless, but a
    /// `TEARDOWN` on a new connection would go there, with the password under Basic. Then none is sent.
    ForeignBase,
}

/// Which quirks may be met at the end of a session, as far as the description tells.
pub(super) fn at_teardown(
    session: &Session<retina::client::Described>,
    url: &Url,
    udp: bool,
) -> Option<Quirk> {
    let live555 = session.tool().is_some_and(retina::client::Tool::has_live555_tcp_bug);
    if !udp && !live555 {
        return None;
    }
    // The base is not shown; a relative control attribute (RFC 2326 section C.1.1) was joined with it.
    let place = |url: &Url| (url.host_str().map(str::to_owned), url.port().unwrap_or(554));
    let ours = |control: &Url| place(control) == place(url);
    let relative = String::from_utf8_lossy(session.sdp()).lines().any(|line| {
        line.strip_prefix("a=control:")
            .is_some_and(|value| value.trim() != "*" && Url::parse(value.trim()).is_err())
    });
    let all_ours = session.streams().iter().all(|s| s.control().is_none_or(ours));
    if !relative || !all_ours {
        return Some(Quirk::ForeignBase);
    }
    live555.then_some(Quirk::StaleLive555Session)
}

/// Tolerated from the start.
const ALWAYS: [Quirk; 5] = [
    Quirk::WrongRtpTime,
    Quirk::WrongFirstSequence,
    Quirk::ReportsWithOtherSsrc,
    Quirk::UnassignedChannel,
    Quirk::ChangingSessionId,
];

/// How a session is described; `known` is a quirk that was found in an earlier description.
pub(super) fn session_options(known: Option<Quirk>) -> SessionOptions {
    let options = SessionOptions::default().user_agent("lanewatch".to_owned()).teardown(TeardownPolicy::Auto);
    ALWAYS.into_iter().chain(known).fold(options, |options, quirk| match quirk {
        Quirk::UnassignedChannel => options.unassigned_channel_data(UnassignedChannelDataPolicy::Ignore),
        Quirk::ChangingSessionId => options.session_id(SessionIdPolicy::UseFirst),
        Quirk::ForeignBase => options.teardown(TeardownPolicy::Never),
        _ => options,
    })
}

/// How it is played. Timestamps are not enforced: a jump would end the session, and `timeline` does better.
pub(super) fn play_options() -> PlayOptions {
    ALWAYS.into_iter().fold(PlayOptions::default(), |options, quirk| match quirk {
        Quirk::WrongRtpTime => options.initial_timestamp(InitialTimestampPolicy::Ignore),
        Quirk::WrongFirstSequence => options.initial_seq(InitialSequenceNumberPolicy::Ignore),
        Quirk::ReportsWithOtherSsrc => options.unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::ProcessPackets),
        _ => options,
    })
}
