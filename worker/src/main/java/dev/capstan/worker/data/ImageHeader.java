package dev.capstan.worker.data;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What a picture's file says of itself before its pixels: what a decoder can't read, it often calls something else.
 *
 * @param kind in words, such as {@code a JPEG image of 4 channels of 12 bits}; null if it isn't known
 * @param unread why the JDK's decoders don't read such a picture, in words; null if they do
 * @param orientation how the picture lies in it
 */
record ImageHeader(String kind, String unread, Orientation orientation) {
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte[] EXIF = "Exif\0\0".getBytes(US_ASCII);
    private static final byte[] PROFILE = "ICC_PROFILE\0".getBytes(US_ASCII);
    private static final ImageHeader UNKNOWN = new ImageHeader(null, null, Orientation.UPRIGHT);

    private static final int IHDR = 0x49484452;
    private static final int EXIF_CHUNK = 0x65584966;
    private static final int JPEG = 0xffd8;
    private static final int SCAN = 0xda;
    private static final int APP1 = 0xe1;
    private static final int APP2 = 0xe2;
    private static final int BITMAP = 0x424d;

    /** Looks at a file; whatever is strange about it is left to the decoder. */
    static ImageHeader of(byte[] file) {
        var bytes = ByteBuffer.wrap(file);
        try {
            if (Arrays.equals(file, 0, Math.min(PNG.length, file.length), PNG, 0, PNG.length)) {
                return png(bytes);
            }
            int start = Short.toUnsignedInt(bytes.getShort(0));
            if (start == JPEG) {
                return jpeg(bytes);
            }
            return start == BITMAP
                    ? new ImageHeader(
                            "a BMP image of " + Short.reverseBytes(bytes.getShort(28)) + " bits a pixel",
                            null,
                            Orientation.UPRIGHT)
                    : UNKNOWN;
        } catch (IndexOutOfBoundsException e) {
            return UNKNOWN;
        }
    }

    private static ImageHeader png(ByteBuffer bytes) {
        String kind = null;
        var orientation = Orientation.UPRIGHT;
        long at = PNG.length;
        while (at + 8 <= bytes.limit()) {
            long length = Integer.toUnsignedLong(bytes.getInt((int) at));
            int type = bytes.getInt((int) at + 4);
            if (type == IHDR) {
                kind = "a PNG image of " + bytes.get((int) at + 16) + " bits a channel, "
                        + switch (bytes.get((int) at + 17)) {
                            case 0 -> "grey";
                            case 2 -> "red, green and blue";
                            case 3 -> "by a palette";
                            case 4 -> "grey and transparency";
                            case 6 -> "red, green, blue and transparency";
                            default -> "of no colour model that there is";
                        };
            } else if (type == EXIF_CHUNK && at + 8 + length <= bytes.limit()) {
                orientation = Orientation.of(bytes.slice((int) at + 8, (int) length));
            }
            at += 12 + length;
        }
        return new ImageHeader(kind, null, orientation);
    }

    private static ImageHeader jpeg(ByteBuffer bytes) {
        String kind = null;
        String unread = null;
        var orientation = Orientation.UPRIGHT;
        for (var segment = Segment.first(bytes); segment != null; segment = segment.next()) {
            if (segment.isFrame()) {
                int bits = segment.content().get(0);
                int channels = segment.content().get(5);
                kind = "a JPEG image of " + channels + (channels == 1 ? " channel" : " channels") + " of " + bits
                        + " bits";
                unread = unread(segment.marker, bits);
            } else if (segment.marker == APP1 && segment.startsWith(EXIF)) {
                orientation = Orientation.of(
                        segment.content().slice(EXIF.length, segment.content().limit() - EXIF.length));
            }
        }
        return new ImageHeader(kind, unread, orientation);
    }

    private static String unread(int frame, int bits) {
        return switch (frame) {
            case 0xc3, 0xc7, 0xcb, 0xcf -> "it is lossless";
            case 0xc5, 0xc6, 0xcd, 0xce -> "it is hierarchical";
            case 0xc9, 0xca -> "it is coded arithmetically";
            default -> bits == 8 ? null : "8 bits a channel are read";
        };
    }

    /**
     * The same JPEG without a colour profile: a broken one keeps the JDK from reading a picture that all others show.
     */
    static byte[] withoutProfile(byte[] jpeg) {
        var bytes = ByteBuffer.wrap(jpeg);
        var out = new ByteArrayOutputStream(jpeg.length);
        int done = 0;
        try {
            for (var segment = Segment.first(bytes); segment != null; segment = segment.next()) {
                if (segment.marker == APP2 && segment.startsWith(PROFILE)) {
                    out.write(jpeg, done, segment.at - done);
                    done = segment.at + 2 + segment.length;
                }
            }
        } catch (IndexOutOfBoundsException e) {
            return jpeg;
        }
        out.write(jpeg, done, jpeg.length - done);
        return out.toByteArray();
    }

    /** A part of a JPEG file: 0xff, the marker, and a length that counts its own two bytes. */
    private record Segment(ByteBuffer file, int at, int marker, int length) {
        /** Null if there is none before the pixels. */
        static Segment first(ByteBuffer file) {
            return at(file, 2);
        }

        private static Segment at(ByteBuffer file, int place) {
            int at = place;
            // Any number of bytes 0xff may stand before a marker.
            while (at + 4 <= file.limit() && file.get(at) == (byte) 0xff && file.get(at + 1) == (byte) 0xff) {
                at++;
            }
            if (at + 4 > file.limit() || file.get(at) != (byte) 0xff) {
                return null;
            }
            int marker = Byte.toUnsignedInt(file.get(at + 1));
            int length = Short.toUnsignedInt(file.getShort(at + 2));
            return marker == SCAN || length < 2 || at + 2 + length > file.limit()
                    ? null
                    : new Segment(file, at, marker, length);
        }

        Segment next() {
            return at(file, at + 2 + length);
        }

        ByteBuffer content() {
            return file.slice(at + 4, length - 2);
        }

        boolean startsWith(byte[] start) {
            return length - 2 >= start.length
                    && content().slice(0, start.length).equals(ByteBuffer.wrap(start));
        }

        /** Of 0xc0 to 0xcf, three are no frames. */
        boolean isFrame() {
            return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        }
    }
}
