/** Text that came from an image, a registry or a guest, made harmless to a terminal: control characters become `?`. Tabs and line ends stay. */
export const plainText = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?');
