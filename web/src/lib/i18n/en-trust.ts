/** Words of the trusted address and of alerts on this device, in English; a part of `en.ts`. */
import type { viTrust } from './vi-trust';

export const enTrust: Record<keyof typeof viTrust, string> = {
  'health.certificate': 'Certificate',
  'healthcode.certificate_ending': 'The HTTPS certificate has {days} days left and could not be renewed.',
  'healthcode.certificate_ended': 'The HTTPS certificate is over: phones say “not secure” and get no alerts.',
  'healthcode.certificate_missing': 'There is no HTTPS certificate: other machines cannot open the recorder.',
  'healthcode.certificate_not_had':
    'The certificate that was chosen could not be had yet; the recorder’s own stands in.',
  'healthcode.certificate_files': 'The certificate’s files cannot be read or written; the one before is used on.',
  'healthcode.authority_ending': 'The recorder’s root certificate has {days} days left.',
  'healthdo.certificate_ending': 'The System page says why, under “A trusted address”; look at network and name.',
  'healthdo.certificate_ended':
    'The System page says why, under “A trusted address”; mend it, or put a new certificate in place.',
  'healthdo.certificate_missing': 'Look at the disk of the data folder, then start the recorder again.',
  'healthdo.certificate_not_had':
    'The System page says why, under “A trusted address”; when it is mended, it is tried again by itself.',
  'healthdo.certificate_files': 'The System page names the file and says why, under “A trusted address”.',
  'healthdo.authority_ending': 'After that day every phone must install the certificate once more, as the guide says.',
  'trust.title': 'A trusted address',
  'trust.source.own':
    'The recorder makes its own certificate. Each phone and computer installs it once, as the guide says.',
  'trust.source.files': 'The certificate comes from files that an administrator put in place.',
  'trust.source.acme': 'The certificate comes from a public authority (ACME).',
  'trust.source.off': 'The recorder does no HTTPS of its own; another server stands in front.',
  'trust.public': 'Every browser trusts it.',
  'trust.stand_in': 'The certificate that was chosen is not there yet; the recorder’s own stands in.',
  'trust.until': 'Valid until {date}, renewed by itself.',
  'trust.until_files': 'Valid until {date}.',
  'trust.names': 'For: {names}',
  'trust.authority': 'Root certificate: {name}',
  'trust.fingerprint': 'To compare before installing (SHA-256)',
  'trust.phones_title': 'Everybody’s phones',
  'trust.phones_why':
    'Phones allow alerts and installing the app only when they trust the recorder’s address. It is done once on each, in about two minutes; without it the cameras can be watched all the same.',
  'trust.phones_how': 'On the phone, scan this code or open {url}, and do what it says.',
  'trust.phones_qr': 'QR code that leads to the guide for phones',
  'trust.phones_here': 'This machine needs it too: you have opened the recorder by an address that is not trusted.',
  'trust.phones_public': 'All phones trust this address. There is nothing to install.',
  'trust.phones_none':
    'No phone can open the recorder yet: it is in no network, or listens on this machine only (line listen in the configuration). When that is changed, look at the System page again.',
  'trust.guide': 'How to install it on a phone',
  'trust.next_try': 'Tried again at {time}.',
  'trouble.files_unreadable': 'The certificate’s files cannot be read.',
  'trouble.acme_failed': 'The authority gave no certificate yet.',
  'trouble.not_written': 'The certificate’s files cannot be written.',
  'trouble.other': 'Something is wrong with the certificate.',
  'push.title': 'Alerts on this device',
  'push.looking': 'Looking whether this device can get alerts…',
  'push.ready': 'This device can get alerts.',
  'push.missing.in_app':
    'This page is open inside another app (such as Zalo). Open it in Chrome, on an iPhone in Safari.',
  'push.missing.no_https':
    'This page came by http://, where there are no alerts. Open it by https://, as the guide says.',
  'push.missing.old_ios': 'This iPhone’s iOS is too old. It needs 16.4 or later: Settings → General → Software Update.',
  'push.missing.not_installed':
    'On an iPhone the app must be installed first: Share → Add to Home Screen, then open it from there.',
  'push.missing.not_trusted':
    'This device does not trust the recorder yet. Install its certificate as the guide says; it takes two minutes.',
  'push.missing.no_push': 'This browser gets no alerts. Use Chrome, Edge or Firefox, and no private window.',
  'push.missing.denied':
    'Notifications are blocked for this page. Press the sign left of the address → Notifications → Allow.',
  'push.missing.not_asked': 'This device can; what is missing is the permission for notifications.',
};
