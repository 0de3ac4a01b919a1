package dev.capstan.worker;

import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Outcome.Reason;
import java.util.stream.Stream;

/** Texts that are not what they should be. */
class TextMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                text(
                        "no words",
                        "text,label\n!!,a\n??,b\n",
                        "data.train: pvc://data/mail.csv has no word in column 0 of any record; is text.textColumn 0 the"
                                + " text's?"),
                text("a column that isn't there", "text\nhello\n", "data.train: pvc://data/mail.csv, record 1: "),
                text(
                        "a text without a label",
                        "text,label\nhello,a\nbye,\n",
                        "data.train: pvc://data/mail.csv, record 2: column 1 (label), the label, is empty"),
                text(
                        "one class alone",
                        "text,label\nhello,a\nbye,a\n",
                        "data.train: pvc://data/mail.csv has only one class, a; there must be at least two to tell apart"),
                text(
                        "a quote that never ends",
                        "text,label\nhello,a\n\"bye,b\n",
                        "data.train: pvc://data/mail.csv, record 2: "));
    }

    private static Mistake text(String name, String rows, String... parts) {
        return mistake(
                "text: " + name,
                Reason.InvalidData,
                (place, job) -> {
                    place.write("mail.csv", rows, job);
                    var at = new JobFile.Place(place.file("mail.csv").toString(), "pvc://data/mail.csv", null);
                    var text = new JobFile.Text(true, 0, 1, JobFile.Text.Encoding.BAG_OF_WORDS, 100, 8);
                    return place.with(job, new JobFile.Dataset(at, Format.TEXT, null, null, text));
                },
                parts);
    }
}
