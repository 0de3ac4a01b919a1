package dev.capstan.worker;

import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Outcome.Reason;
import java.util.stream.Stream;

/** Data of format csv that are not what they should be. */
class CsvMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                csv("no file", null, "data.train: pvc://data/rows.csv does not exist"),
                csv("an empty file", "", "data.train: pvc://data/rows.csv has no records"),
                csv("a header and nothing else", "x,y,label\n", "data.train: pvc://data/rows.csv has no records"),
                csv(
                        "a word in a number's place",
                        "x,y,label\n1,2,0\n1,two,1\n",
                        "data.train: pvc://data/rows.csv, record 2: column 1 (y) is \"two\"; it must be a finite number"),
                csv(
                        "a number that is none",
                        "x,y,label\nNaN,2,0\n",
                        "record 1: column 0 (x) is \"NaN\"; it must be a finite number"),
                csv(
                        "a missing value",
                        "x,y,label\n1,,0\n",
                        "record 1: column 1 (y) is \"\"; it must be a finite number"),
                csv(
                        "a row that is too short",
                        "x,y,label\n1,2,0\n1,0\n",
                        "record 2: it has 2 columns; the header has 3"),
                csv("a label that is no class", "x,y,label\n1,2,0\n1,2,-1\n", "record 2: label \"-1\" is no class"),
                csv(
                        "a label beyond the classes",
                        "x,y,label\n1,2,0\n1,2,4\n",
                        "record 2: label \"4\" is no class",
                        "from 0 to 3"),
                csv(
                        "semicolons",
                        "x;y;label\n1;2;0\n",
                        "record 1: it has 1 column; it needs a label and at least one number",
                        "set csv.delimiter: \";\""));
    }

    private static Mistake csv(String name, String rows, String... parts) {
        return mistake("csv: " + name, Reason.InvalidData, (place, job) -> place.rows(rows, job), parts);
    }
}
