package dev.capstan.worker.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a picture lies in its file, by Exif's tag of that name (CIPA DC-008, 4.6.5): cameras write rows as their sensor
 * has them, and note how they were held.
 */
enum Orientation {
    UPRIGHT(1) {
        @Override
        int from(int x, int y, int width, int height) {
            return y * width + x;
        }
    },
    MIRRORED(2) {
        @Override
        int from(int x, int y, int width, int height) {
            return y * width + (width - 1 - x);
        }
    },
    UPSIDE_DOWN(3) {
        @Override
        int from(int x, int y, int width, int height) {
            return (height - 1 - y) * width + (width - 1 - x);
        }
    },
    MIRRORED_UPSIDE_DOWN(4) {
        @Override
        int from(int x, int y, int width, int height) {
            return (height - 1 - y) * width + x;
        }
    },
    TRANSPOSED(5) {
        @Override
        int from(int x, int y, int width, int height) {
            return x * height + y;
        }
    },
    TURN_RIGHT(6) {
        @Override
        int from(int x, int y, int width, int height) {
            return (width - 1 - x) * height + y;
        }
    },
    TRANSVERSED(7) {
        @Override
        int from(int x, int y, int width, int height) {
            return (width - 1 - x) * height + (height - 1 - y);
        }
    },
    TURN_LEFT(8) {
        @Override
        int from(int x, int y, int width, int height) {
            return x * height + (height - 1 - y);
        }
    };

    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY = 12;

    private final int number;

    Orientation(int number) {
        this.number = number;
    }

    /**
     * Where a pixel of the upright picture lies in the file's rows.
     *
     * @param width of the upright picture
     * @param height of the upright picture
     */
    abstract int from(int x, int y, int width, int height);

    /** Whether the file's rows are the upright picture's columns. */
    boolean isSideways() {
        return number >= TRANSPOSED.number;
    }

    /**
     * What Exif says.
     *
     * @param exif a TIFF header and what follows it; anything that isn't leaves the picture as it is
     */
    static Orientation of(ByteBuffer exif) {
        try {
            short order = exif.getShort(0);
            exif.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            if (order != 0x4949 && order != 0x4d4d || exif.getShort(2) != 42) {
                return UPRIGHT;
            }
            int directory = exif.getInt(4);
            int entries = Short.toUnsignedInt(exif.getShort(directory));
            for (int entry = directory + 2; entry < directory + 2 + ENTRY * entries; entry += ENTRY) {
                if (exif.getShort(entry) == TAG && exif.getShort(entry + 2) == SHORT) {
                    return of(exif.getShort(entry + 8));
                }
            }
        } catch (IndexOutOfBoundsException e) {
            // Cut off, or no Exif at all: programs that show pictures don't mind either.
        }
        return UPRIGHT;
    }

    private static Orientation of(int number) {
        return number >= 1 && number <= values().length ? values()[number - 1] : UPRIGHT;
    }
}
