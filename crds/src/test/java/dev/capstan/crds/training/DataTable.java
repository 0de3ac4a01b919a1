package dev.capstan.crds.training;

import static dev.capstan.crds.validation.Accepted.accepted;
import static dev.capstan.crds.validation.Accepted.each;
import static dev.capstan.crds.validation.Refused.absent;
import static dev.capstan.crds.validation.Refused.between;
import static dev.capstan.crds.validation.Refused.items;
import static dev.capstan.crds.validation.Refused.refused;
import static dev.capstan.crds.validation.Refused.tooLong;
import static dev.capstan.crds.validation.Refused.tooMany;
import static dev.capstan.crds.validation.Refused.unknown;

import dev.capstan.crds.validation.Accepted;
import dev.capstan.crds.validation.Places;
import dev.capstan.crds.validation.Refused;
import java.util.stream.Stream;

/** What may be said of the data. */
final class DataTable {
    private static final String TRAIN = "spec.data.train";
    private static final String TEST = "spec.data.test";

    private DataTable() {}

    static Stream<Refused> refusals() {
        var sameText =
                "data.test.text must have the encoding, vocabularySize and maxLength of data.train.text: the network"
                        + " is the same";
        var sameImages = "data.test.images must have the height, width and channels of data.train.images: the network"
                + " is the same";
        return Stream.of(
                        Stream.of(
                                absent("spec.data"),
                                absent(TRAIN),
                                refused(
                                        TEST + ".csv",
                                        "{targetColumns: [1]}",
                                        TEST + ".csv",
                                        "data.test.csv must have as many targetColumns as data.train.csv, and none where"
                                                + " that has none: the network is the same"),
                                refused(
                                        TEST,
                                        "{uri: 'pvc://a', format: text, text: {encoding: sequence}}",
                                        TEST,
                                        "data.test must be text where data.train is, and only there: give both format:"
                                                + " text, or neither"),
                                refused(TEST + ".text.encoding", "bagOfWords", sameText),
                                refused(TEST + ".text.vocabularySize", "5001", TEST + ".text", sameText),
                                refused(TEST + ".text.vocabularySize", null, sameText),
                                refused(TEST + ".text.maxLength", "33", sameText),
                                refused(TEST + ".text.maxLength", null, sameText),
                                refused(TEST + ".images.height", "29", TEST + ".images", sameImages),
                                refused(TEST + ".images.width", "29", sameImages),
                                refused(TEST + ".images.channels", "3", sameImages)),
                        dataset(TRAIN),
                        dataset(TEST))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> dataset(String path) {
        var images = path + ".images";
        var text = path + ".text";
        var imagesGoWithImages =
                "images has the size that format images needs, and goes with it only: set images, such as images:"
                        + " {height: 28, width: 28}, with format: images, and remove it otherwise";
        var textGoesWithText =
                "text has the options that format text needs, and goes with it only: set text, such as text:"
                        + " {encoding: bagOfWords}, with format: text, and remove it otherwise";
        var twoColumns = "textColumn and labelColumn must be two columns: by default the text is in column 0 and the"
                + " class in column -1, the last";
        return Stream.of(
                        Stream.of(
                                absent(path + ".uri"),
                                absent(path + ".format"),
                                unknown(path + ".format", "parquet", "csv", "idx", "images", "text"),
                                refused(
                                        path + ".format",
                                        "idx",
                                        path + ".csv",
                                        "csv has options for format csv only: remove csv, or set format: csv"),
                                refused(path, "{uri: 'pvc://a', format: images}", images, imagesGoWithImages),
                                refused(
                                        path,
                                        "{uri: 'pvc://a', format: idx, images: {height: 1, width: 1}}",
                                        images,
                                        imagesGoWithImages),
                                absent(images + ".height"),
                                absent(images + ".width"),
                                refused(
                                        images + ".channels",
                                        "2",
                                        images + ".channels",
                                        "channels must be 1, which is grey, or 3, which is red, green and blue"),
                                refused(path, "{uri: 'pvc://a', format: text}", text, textGoesWithText),
                                refused(
                                        path,
                                        "{uri: 'pvc://a', format: csv, text: {encoding: sequence}}",
                                        text,
                                        textGoesWithText),
                                absent(text + ".encoding"),
                                unknown(text + ".encoding", "oneHot", "bagOfWords", "sequence"),
                                refused(text + ".labelColumn", "2", text + ".labelColumn", twoColumns),
                                refused(text, "{encoding: sequence, textColumn: -1}", twoColumns),
                                refused(text, "{encoding: sequence, labelColumn: 0}", twoColumns),
                                refused(
                                        text,
                                        "{encoding: bagOfWords, maxLength: 64}",
                                        text + ".maxLength",
                                        "maxLength applies to encoding: sequence only: remove maxLength, or set that"
                                                + " encoding")),
                        csv(path + ".csv"),
                        Stream.of(unknown(text + ".delimiter", "x", "\\t", ",", ";", "|")),
                        between(images + ".height", "1", "4096"),
                        between(images + ".width", "1", "4096"),
                        between(images + ".channels", "1", "3"),
                        between(text + ".textColumn", "-65536", "65535"),
                        between(text + ".labelColumn", "-65536", "65535"),
                        between(text + ".vocabularySize", "1", "1000000"),
                        between(text + ".maxLength", "1", "65536"),
                        Places.refusals(path))
                .flatMap(rows -> rows);
    }

    private static Stream<Refused> csv(String path) {
        var labels = path + ".labels";
        var columns = path + ".columns";
        var targets = path + ".targetColumns";
        return Stream.of(
                        Stream.of(
                                unknown(path + ".delimiter", "x", "\\t", ",", ";", "|"),
                                unknown(labels, "words", "names", "numbers"),
                                tooLong(path + ".labelColumn", 256),
                                refused(
                                        path,
                                        "{labelColumn: 0, targetColumns: [1]}",
                                        path + ".targetColumns",
                                        "targetColumns have numbers to predict and labelColumn has a class to tell: set"
                                                + " targetColumns or labelColumn, not both"),
                                refused(
                                        path,
                                        "{labels: names, targetColumns: [1]}",
                                        labels,
                                        "labels says what stands in labelColumn, and targetColumns have numbers: remove"
                                                + " labels"),
                                refused(columns, "[]", "columns in body should have at least 1 items"),
                                tooMany(columns, 4096, items(4097, "%d")),
                                tooLong(columns + "[0]", 256),
                                refused(targets, "[]", "targetColumns in body should have at least 1 items"),
                                tooMany(targets, 64, items(65, "%d")),
                                tooLong(targets + "[0]", 256)),
                        between(path + ".labelColumn", "-65536", "65535"),
                        between(columns + "[0]", "-65536", "65535"),
                        between(targets + "[0]", "-65536", "65535"))
                .flatMap(rows -> rows);
    }

    static Stream<Accepted> acceptances() {
        return Stream.of(
                        each(TEST, null, "{uri: 'pvc://datasets', format: idx}"),
                        each("spec.data.checkFirst", null, "false"),
                        each(TRAIN + ".csv", null, "{}", "{labelColumn: -65536}", "{labelColumn: 65535}"),
                        each(
                                TRAIN + ".csv",
                                "{labels: numbers, delimiter: '|', columns: [-65536, 65535, age, '7']}",
                                "{labels: names, labelColumn: 'Größe, in cm'}"),
                        each(
                                TRAIN,
                                "{uri: 'pvc://datasets', format: idx}",
                                "{uri: 'pvc://a', format: images, images: {height: 1, width: 4096, channels: 3}}",
                                "{uri: 's3://abc', format: csv, s3: {secretRef: {name: a}}}"),
                        each(
                                TRAIN + ".uri",
                                "pvc://a.b-c/.hidden/..x/a@b=c+d,e~f",
                                "pvc://" + "x".repeat(253) + "/" + "y".repeat(252)),
                        // Together with a bag of words in the other data set.
                        Stream.of(accepted("spec", """
                                model: {layers: [{output: {units: 2, activation: softmax, loss: mcxent}}]}
                                data:
                                  train: {uri: 'pvc://a', format: text, text: {encoding: bagOfWords, vocabularySize: 1000000}}
                                  test: {uri: 'pvc://a', format: text, text: {encoding: bagOfWords, vocabularySize: 1000000, textColumn: 65535, labelColumn: -65536}}
                                training: {epochs: 1, batchSize: 1, optimizer: {adam: {}}}
                                output: {storage: {uri: 'pvc://b'}}
                                """)),
                        each(TEST + ".images.channels", null, "1"),
                        each(
                                TRAIN + ".s3",
                                "{secretRef: {name: a}}",
                                "{endpoint: 'http://localhost', secretRef: {name: a}}",
                                "{endpoint: 'https://10.0.0.1:65535', region: auto, secretRef: {name: a}}"))
                .flatMap(rows -> rows);
    }
}
