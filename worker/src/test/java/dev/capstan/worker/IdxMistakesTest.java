package dev.capstan.worker;

import static dev.capstan.worker.Mistake.edit;
import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.Outcome.Reason;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.stream.Stream;

/** Data of format idx that are not what they should be. */
class IdxMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        var images = "train/some-images-idx3-ubyte.gz";
        var labels = "train/some-labels-idx1-ubyte.gz";
        return Stream.of(
                mistake(
                        "idx: a volume that fails",
                        Reason.StorageUnavailable,
                        (place, job) -> {
                            place.remove(labels, job);
                            Fixtures.failing(place.file("train/x-labels-idx1-ubyte"));
                            return job;
                        },
                        "data.train: pvc://data/train/x-labels-idx1-ubyte failed while reading: java.io.IOException: Input/output"
                                + " error"),
                mistake(
                        "a folder that isn't there",
                        Reason.InvalidData,
                        (place, job) -> place.remove("test", job),
                        "data.test: pvc://data/test does not exist"),
                mistake(
                        "no images",
                        Reason.InvalidData,
                        (place, job) -> place.remove(images, job),
                        "data.train: pvc://data/train has no file *images-idx3-ubyte or *images-idx3-ubyte.gz"),
                mistake(
                        "no labels",
                        Reason.InvalidData,
                        (place, job) -> place.remove(labels, job),
                        "data.train: pvc://data/train has no file *labels-idx1-ubyte"),
                mistake(
                        "a file in the folder's place",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.remove("test", job);
                            return place.write("test", "0,1,2", job);
                        },
                        "data.test: pvc://data/test is a file; format idx needs the folder"),
                mistake(
                        "two data sets in a folder",
                        Reason.InvalidData,
                        (place, job) -> place.write("train/other-labels-idx1-ubyte", "", job),
                        "has 2 files *labels-idx1-ubyte[.gz], other-labels-idx1-ubyte and some-labels-idx1-ubyte.gz"),
                mistake(
                        "images and labels of two data sets",
                        Reason.InvalidData,
                        (place, job) -> {
                            Files.copy(place.file("test/some-labels-idx1-ubyte.gz"), place.replace(labels));
                            return job;
                        },
                        images,
                        "claims 61 images; the labels file has 40 labels"),
                mistake(
                        "labels in the images' place",
                        Reason.InvalidData,
                        (place, job) -> {
                            Files.copy(place.file(labels), place.replace(images));
                            return job;
                        },
                        images + " starts with magic number 2049; a file of that name must start with 2051"),
                mistake(
                        "a copy that was broken off",
                        Reason.InvalidData,
                        (place, job) -> {
                            var bytes = Files.readAllBytes(place.file(images));
                            Files.write(place.file(images), Arrays.copyOf(bytes, bytes.length / 2));
                            return job;
                        },
                        "data.train: pvc://data/" + images + " is a broken gzip file"),
                mistake(
                        "a page of a server in the file's place",
                        Reason.InvalidData,
                        (place, job) -> place.write(images, "<html>Not found</html>", job),
                        "data.train: pvc://data/" + images + " starts with magic number",
                        "it looks like a web page (HTML)"),
                mistake(
                        "samples of one class",
                        Reason.InvalidData,
                        (place, job) -> {
                            Fixtures.writeIdx(
                                    place.file("train"),
                                    new Fixtures.Images(new byte[5][Fixtures.SIDE * Fixtures.SIDE], new int[5]));
                            return job;
                        },
                        "data.train: pvc://data/train has samples of one class only, 0, which all 5 are of"),
                mistake(
                        "a class that the model lacks",
                        Reason.InvalidData,
                        (place, job) -> edit(job, "\"units\" : 4", "\"units\" : 2"),
                        "data.train: pvc://data/" + labels + ", record ",
                        "the output layer has 2 units"),
                mistake(
                        "test images of another size",
                        Reason.InvalidData,
                        (place, job) -> {
                            place.remove("test", job);
                            Fixtures.writeIdx(
                                    place.file("test"),
                                    new Fixtures.Images(new byte[3][2 * Fixtures.SIDE], new int[3]));
                            return job;
                        },
                        "data.test: pvc://data/test/some-images-idx3-ubyte.gz has a grey image of 6 by 2 pixels a sample; the"
                                + " network takes a grey image of 6 by 6 pixels"));
    }
}
