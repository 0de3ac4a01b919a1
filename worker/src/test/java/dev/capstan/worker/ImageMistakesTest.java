package dev.capstan.worker;

import static dev.capstan.worker.Mistake.mistake;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset.Format;
import dev.capstan.protocol.Outcome.Reason;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/** Folders of images that are not what they should be. */
class ImageMistakesTest extends Mistakes {
    static Stream<Mistake> mistakes() {
        return Stream.of(
                images(
                        "no classes",
                        place -> {},
                        "data.train: pvc://data/some has no folder in it; format images needs" + " one for each class"),
                images(
                        "a class without images",
                        place -> {
                            place.image("some/cat/1.png");
                            place.image("some/cow/1.png");
                            place.image("some/owl/1.png");
                            Files.createDirectories(place.file("some/dog"));
                        },
                        "data.train: pvc://data/some/dog is a class without images"),
                images(
                        "an image beside the classes",
                        place -> {
                            place.image("some/cat/1.png");
                            place.image("some/2.png");
                        },
                        "pvc://data/some/2.png lies beside the classes' folders"),
                images(
                        "a file that is no image",
                        place -> {
                            place.image("some/cat/1.png");
                            place.image("some/cow/1.png");
                            place.image("some/owl/1.png");
                            place.write("some/dog/1.png", "<html>Not found</html>", null);
                        },
                        "data.train: pvc://data/some/dog/1.png"),
                images(
                        "more classes than outputs",
                        place -> {
                            for (var name : List.of("a", "b", "c", "d", "e")) {
                                place.image("some/" + name + "/1.png");
                            }
                        },
                        "data.train: pvc://data/some has 5 classes (a, b, c, d, e); the output layer has 4 units, and needs one"
                                + " for each class"));
    }

    /** What makes a folder {@code some} of images. */
    private interface Folder {
        void make(Workplace place) throws Exception;
    }

    private static Mistake images(String name, Folder some, String... parts) {
        return mistake(
                "images: " + name,
                Reason.InvalidData,
                (place, job) -> {
                    Files.createDirectories(place.file("some"));
                    some.make(place);
                    var at = new JobFile.Place(place.file("some").toString(), "pvc://data/some", null);
                    return place.with(
                            job, new JobFile.Dataset(at, Format.IMAGES, null, new JobFile.Images(6, 6, 1), null));
                },
                parts);
    }
}
