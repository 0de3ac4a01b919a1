import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * The ten English digits, spoken by the speech synthesizer espeak-ng and drawn as log-mel spectrograms: grey PNG images
 * of 32 x 32 pixels, a folder for each digit. <b>Synthetic speech</b>: no person has spoken any of it.
 *
 * <p>A voice is one of espeak-ng's variants, which sets pitch, formants and timbre, with one of its accents of English,
 * which sets the sounds. Variants of the test set are never in the training set, and one of its accents isn't either.
 *
 * <p>{@code java SpokenDigits.java DIRECTORY} writes {@code DIRECTORY/train} and {@code DIRECTORY/test} and prints the
 * SHA-256 of all pixels. The same espeak-ng gives the same pixels.
 */
public final class SpokenDigits {
    private static final List<String> DIGITS =
            List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

    /** Words a minute and pitch (0 to 99), as espeak-ng takes them. */
    private record Manner(int speed, int pitch) {}

    private static final List<Manner> MANNERS = List.of(new Manner(130, 60), new Manner(165, 45), new Manner(200, 35));

    private record Voices(String folder, List<String> accents, List<String> variants) {}

    private static final List<Voices> SETS = List.of(
            new Voices(
                    "train",
                    List.of("en-us", "en-gb", "en-gb-scotland"),
                    List.of(
                            "m1", "m2", "m3", "m4", "m6", "f1", "f4", "Alex", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Jacky", "Marco", "Mario", "Mike", "Storm", "antonio", "aunty", "belinda", "edward", "grandma", "grandpa", "iven", "klatt2", "klatt4", "linda", "paul", "quincy", "sandro", "shelby", "steph", "victor", "zac")),
            new Voices(
                    "test",
                    List.of("en-us", "en-gb", "en-gb-x-gbclan"),
                    List.of("m5", "m8", "f3", "f5", "Alicia", "boris", "pedro", "robert")));

    /** One utterance and where its picture goes. */
    private record Utterance(String file, String voice, Manner manner, String word) {}

    private SpokenDigits() {}

    public static void main(String[] arguments) throws Exception {
        var directory = Path.of(arguments[0]);
        var digests = new TreeMap<String, byte[]>();
        try (var threads = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            var tasks = new ArrayList<Callable<Void>>();
            for (var utterance : utterances()) {
                tasks.add(() -> {
                    var pixels = Spectrogram.of(speak(utterance));
                    var file = directory.resolve(utterance.file());
                    Files.createDirectories(file.getParent());
                    write(pixels, file);
                    synchronized (digests) {
                        digests.put(utterance.file(), MessageDigest.getInstance("SHA-256").digest(pixels));
                    }
                    return null;
                });
            }
            for (var result : threads.invokeAll(tasks)) {
                result.get();
            }
        }
        var whole = MessageDigest.getInstance("SHA-256");
        digests.forEach((file, digest) -> {
            whole.update(file.getBytes(StandardCharsets.UTF_8));
            whole.update(digest);
        });
        System.out.println(HexFormat.of().formatHex(whole.digest()));
    }

    private static List<Utterance> utterances() {
        var all = new ArrayList<Utterance>();
        for (var set : SETS) {
            for (var accent : set.accents()) {
                for (var variant : set.variants()) {
                    for (var manner : MANNERS) {
                        for (int digit = 0; digit < DIGITS.size(); digit++) {
                            var voice = accent + "+" + variant;
                            var file = set.folder() + "/" + digit + "/" + voice + "-" + manner.speed() + ".png";
                            all.add(new Utterance(file, voice, manner, DIGITS.get(digit)));
                        }
                    }
                }
            }
        }
        return all;
    }

    /** @return the samples of a mono recording with 22,050 of them a second */
    private static short[] speak(Utterance utterance) throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        "espeak-ng",
                        "-v", utterance.voice(),
                        "-s", String.valueOf(utterance.manner().speed()),
                        "-p", String.valueOf(utterance.manner().pitch()),
                        "--stdout",
                        utterance.word())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] wave = process.getInputStream().readAllBytes();
        if (process.waitFor() != 0 || wave.length <= 44) {
            throw new IOException("espeak-ng said nothing for " + utterance);
        }
        // The header of a WAV file that is a stream: 44 bytes, sizes unknown; 16-bit little-endian samples follow.
        var samples = ByteBuffer.wrap(wave, 44, wave.length - 44).slice().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
        var recording = new short[samples.remaining()];
        samples.get(recording);
        return recording;
    }

    private static void write(byte[] pixels, Path file) throws IOException {
        var image = new BufferedImage(Spectrogram.FRAMES, Spectrogram.BANDS, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, Spectrogram.FRAMES, Spectrogram.BANDS, pixels);
        ImageIO.write(image, "png", file.toFile());
    }

    /** Power over time, from left to right, and pitch, from below to above. */
    private static final class Spectrogram {
        static final int FRAMES = 32;
        static final int BANDS = 32;
        private static final int RATE = 22_050;
        private static final int WINDOW = 1024;
        private static final int HOP = 551; // 25 ms, so that a picture spans 0.8 s
        private static final double LOWEST = 80;
        private static final double HIGHEST = 8_000;
        private static final double DECIBELS = 60; // from black to white
        // StrictMath, so that the pixels are the same on every machine.
        private static final double[] COSINE = circle(StrictMath::cos);
        private static final double[] SINE = circle(StrictMath::sin);
        private static final double[][] FILTERS = filters();

        /** @return pixels, row by row; white is the loudest, black 60 dB below that and less */
        static byte[] of(short[] recording) {
            int start = start(recording);
            var power = new double[BANDS][FRAMES];
            double loudest = 1e-9;
            for (int frame = 0; frame < FRAMES; frame++) {
                var spectrum = powerSpectrum(recording, start + frame * HOP);
                for (int band = 0; band < BANDS; band++) {
                    power[band][frame] = inBand(spectrum, band);
                    loudest = Math.max(loudest, power[band][frame]);
                }
            }
            var pixels = new byte[BANDS * FRAMES];
            for (int band = 0; band < BANDS; band++) {
                for (int frame = 0; frame < FRAMES; frame++) {
                    double below = 10 * StrictMath.log10(loudest / Math.max(power[band][frame], 1e-9));
                    double brightness = Math.max(0, 1 - below / DECIBELS);
                    pixels[(BANDS - 1 - band) * FRAMES + frame] = (byte) Math.round(255 * brightness);
                }
            }
            return pixels;
        }

        /** The first sample that is louder than a hundredth of the loudest: silence before the word says nothing. */
        private static int start(short[] recording) {
            int loudest = 0;
            for (short sample : recording) {
                loudest = Math.max(loudest, Math.abs(sample));
            }
            int start = 0;
            while (start < recording.length && Math.abs(recording[start]) * 100 < loudest) {
                start++;
            }
            return start;
        }

        private static double[] powerSpectrum(short[] recording, int from) {
            var real = new double[WINDOW];
            var imaginary = new double[WINDOW];
            for (int i = 0; i < WINDOW; i++) {
                // Hann's window.
                real[i] = from + i < recording.length ? (0.5 - 0.5 * COSINE[i]) * recording[from + i] : 0;
            }
            transform(real, imaginary);
            var spectrum = new double[WINDOW / 2];
            for (int i = 0; i < spectrum.length; i++) {
                spectrum[i] = real[i] * real[i] + imaginary[i] * imaginary[i];
            }
            return spectrum;
        }

        /** The fast Fourier transform of Cooley and Tukey (1965), in place, by twos. */
        private static void transform(double[] real, double[] imaginary) {
            for (int i = 0; i < WINDOW; i++) {
                int j = Integer.reverse(i) >>> Integer.numberOfLeadingZeros(WINDOW) + 1;
                if (j > i) {
                    double swap = real[i];
                    real[i] = real[j];
                    real[j] = swap;
                }
            }
            for (int size = 2; size <= WINDOW; size *= 2) {
                for (int k = 0; k < size / 2; k++) {
                    double cosine = COSINE[k * (WINDOW / size)];
                    double sine = -SINE[k * (WINDOW / size)];
                    for (int low = k; low < WINDOW; low += size) {
                        int high = low + size / 2;
                        double re = real[high] * cosine - imaginary[high] * sine;
                        double im = real[high] * sine + imaginary[high] * cosine;
                        real[high] = real[low] - re;
                        imaginary[high] = imaginary[low] - im;
                        real[low] += re;
                        imaginary[low] += im;
                    }
                }
            }
        }

        private static double inBand(double[] spectrum, int band) {
            double sum = 0;
            for (int i = 0; i < spectrum.length; i++) {
                sum += FILTERS[band][i] * spectrum[i];
            }
            return sum;
        }

        /** Triangles of equal width on the mel scale (O'Shaughnessy 1987), each from one neighbour's top to the other's. */
        private static double[][] filters() {
            var filters = new double[BANDS][WINDOW / 2];
            for (int band = 0; band < BANDS; band++) {
                double below = edge(band);
                double top = edge(band + 1);
                double above = edge(band + 2);
                for (int i = 0; i < WINDOW / 2; i++) {
                    double hertz = (double) i * RATE / WINDOW;
                    filters[band][i] =
                            Math.max(0, Math.min((hertz - below) / (top - below), (above - hertz) / (above - top)));
                }
            }
            return filters;
        }

        private static double edge(int number) {
            double mel = mel(LOWEST) + (mel(HIGHEST) - mel(LOWEST)) * number / (BANDS + 1);
            return 700 * (StrictMath.pow(10, mel / 2595) - 1);
        }

        private static double[] circle(DoubleUnaryOperator function) {
            return IntStream.range(0, WINDOW)
                    .mapToDouble(i -> function.applyAsDouble(2 * Math.PI * i / WINDOW))
                    .toArray();
        }

        private static double mel(double hertz) {
            return 2595 * StrictMath.log10(1 + hertz / 700);
        }
    }
}
