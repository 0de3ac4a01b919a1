package dev.capstan.worker.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a file is by its first bytes, if it isn't what its name says. */
final class Content {
    /** As many bytes as are looked at. */
    static final int START = 512;

    private static final int BRAND = 8;
    private static final int ANIMATED = 0x02;
    private static final int FLAGS = 20;

    /** What a file starts with; letters in either case. */
    private record Sign(String start, String what) {}

    private static final List<Sign> SIGNS = List.of(
            new Sign(
                    "version https://git-lfs.github.com",
                    "a pointer of Git LFS; git lfs pull fetches what it stands for"),
            new Sign("<!doctype html", "a web page (HTML), as servers answer when they don't have the file"),
            new Sign("<html", "a web page (HTML), as servers answer when they don't have the file"),
            new Sign("<htm", "a web page (HTML), as servers answer when they don't have the file"),
            new Sign("<svg", "an SVG drawing"),
            new Sign("<?xml", "an XML document, such as a drawing, or an error of a service"),
            new Sign("II*\0", "a TIFF image"),
            new Sign("MM\0*", "a TIFF image"),
            new Sign("II+\0", "a TIFF image"),
            new Sign("MM\0+", "a TIFF image"),
            new Sign("8BPS", "a document of Photoshop's"),
            new Sign("%PDF", "a PDF document"),
            new Sign("\0\0\1\0", "an icon of Windows'"),
            new Sign("\u00ff\n", "a JPEG XL image"),
            new Sign("\0\0\0\fJXL ", "a JPEG XL image"),
            new Sign("\0\0\0\fjP  ", "a JPEG 2000 image"),
            new Sign("\u00ffO\u00ffQ", "a JPEG 2000 image"),
            new Sign("DDS ", "a DDS texture"),
            new Sign("\u0093NUMPY", "an array of NumPy's"),
            new Sign("PAR1", "a Parquet file"),
            new Sign("PK\3\4", "a ZIP archive"),
            new Sign("\u001f\u008b", "gzipped"),
            new Sign("BZh", "compressed by bzip2"),
            new Sign("\u00fd7zXZ", "compressed by xz"),
            new Sign("(\u00b5/\u00fd", "compressed by zstd"),
            new Sign("\u0089PNG\r\n", "a PNG image"),
            new Sign("\u00ff\u00d8\u00ff", "a JPEG image"),
            new Sign("GIF8", "a GIF image"));

    private Content() {}

    /**
     * What the file looks like, in words that go on after "it looks like"; empty if nobody can tell.
     *
     * @param file its first bytes; a few are enough for most
     */
    static Optional<String> of(byte[] file) {
        var start = new String(file, 0, Math.min(file.length, START), ISO_8859_1);
        if (start.startsWith("RIFF") && start.startsWith("WEBP", BRAND)) {
            boolean animated = start.startsWith("VP8X", BRAND + 4)
                    && start.length() > FLAGS
                    && (start.charAt(FLAGS) & ANIMATED) != 0;
            return Optional.of(animated ? "an animated WebP image" : "a WebP image");
        }
        if (start.startsWith("ftyp", 4)) {
            return Optional.of(brand(start));
        }
        if (!start.isEmpty() && start.chars().allMatch(each -> each == 0)) {
            return Optional.of("nothing but zeros, as a copy leaves it that was broken off");
        }
        var lower = start.stripLeading().toLowerCase(Locale.ROOT);
        return SIGNS.stream()
                .filter(sign ->
                        start.startsWith(sign.start) || sign.start.startsWith("<") && lower.startsWith(sign.start))
                .map(Sign::what)
                .findFirst();
    }

    private static String brand(String start) {
        if (start.startsWith("avif", BRAND) || start.startsWith("avis", BRAND)) {
            return "an AVIF image";
        }
        return start.startsWith("hei", BRAND)
                        || start.startsWith("hev", BRAND)
                        || start.startsWith("mif1", BRAND)
                        || start.startsWith("msf1", BRAND)
                ? "a HEIC image, as iPhones take them"
                : "a film (MPEG-4)";
    }
}
