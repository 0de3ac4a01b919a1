package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Images;
import dev.capstan.worker.storage.FileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Reads image files: a folder for each class, whose name is the class, and PNG, JPEG, BMP and GIF files in it. Classes
 * go by {@link Classes#sorted}, files by their names. {@link dev.capstan.worker.storage.Debris} is no data.
 */
final class ImagesReader {
    private static final Pattern IMAGE = Pattern.compile(".*\\.(png|jpe?g|bmp|gif)", Pattern.DOTALL);

    private final Source source;
    private final Shape.Image shape;
    private final Classes.Named classes;
    private final Preprocessing like;
    private final Room room;
    private final Spool spool;

    /** @param like what a sample must be, and which classes there may be; null to learn it */
    ImagesReader(Source source, Images images, Classes.Named classes, Preprocessing like, Room room) {
        this.source = source;
        shape = new Shape.Image(images.height(), images.width(), images.channels());
        this.classes = classes;
        this.like = like;
        this.room = room;
        spool = new Spool(source.name(source.path()), room);
    }

    Learned read() throws IOException {
        if (like != null) {
            source.checkShape(source.path(), shape, like.shape());
        }
        room.check(source.name(source.path()), shape);
        var faults = new Faults(source);
        var folders = folders(faults);
        var names = faults.elseCheck(classes::names);
        folders.sort(Comparator.comparing(folder -> names.indexOf(classes.name(folder))));
        var labels = IntStream.builder();
        var decoder = new Decoder(source, shape, Runtime.getRuntime().availableProcessors());
        try (spool) {
            for (var folder : folders) {
                int label = names.indexOf(classes.name(folder));
                for (var image : decoder.each(images(folder, faults))) {
                    faults.look(() -> {
                        var pixels = image.pixels();
                        spool.write(pixels, pixels.length);
                        labels.add(label);
                    });
                }
            }
            faults.check();
            spool.finish();
        }
        return new Learned(
                new Packed.Bytes(shape, labels.build().toArray(), spool), new Preprocessing(shape, names, null));
    }

    private List<Path> folders(Faults faults) throws IOException {
        if (!DataFiles.isFolder(source, source.path())) {
            throw source.invalid(
                    source.path(), "is a file; format images needs a folder that holds one for each class");
        }
        var folders = new ArrayList<Path>();
        for (var entry : DataFiles.in(source.path())) {
            faults.look(() -> {
                if (DataFiles.isFolder(source, entry)) {
                    classes.add(entry);
                    folders.add(entry);
                } else if (isImage(entry)) {
                    throw source.invalid(
                            entry, "lies beside the classes' folders; an image must lie in the folder of its class");
                }
            });
        }
        if (folders.isEmpty()) {
            faults.check();
            throw source.invalid(
                    source.path(),
                    "has no folder in it; format images needs one for each class" + DataFiles.instead(source.path()));
        }
        checkLevel(folders);
        return folders;
    }

    /** Who names the folder above finds train and test among the classes. */
    private void checkLevel(List<Path> folders) throws IOException {
        for (var folder : folders) {
            var there = DataFiles.in(folder);
            if (there.isEmpty() || !there.stream().allMatch(Files::isDirectory)) {
                return;
            }
        }
        throw source.invalid(
                source.path(),
                "holds folders with folders again; a class is a folder with images, so name the folder in which the classes"
                        + " lie, perhaps " + FileName.shown(folders.getFirst().getFileName()) + " in this one");
    }

    private List<Path> images(Path folder, Faults faults) throws IOException {
        var images = new ArrayList<Path>();
        faults.look(() -> {
            var files = DataFiles.in(folder);
            if (files.isEmpty()) {
                throw source.invalid(folder, "is a class without images; remove the folder or put images in");
            }
            for (var file : files) {
                faults.look(() -> images.add(image(file)));
            }
        });
        return images;
    }

    private Path image(Path file) throws IOException {
        if (DataFiles.isFolder(source, file)) {
            throw source.invalid(file, "is a folder; images must lie in the folder of their class itself");
        }
        if (!isImage(file)) {
            throw source.invalid(file, "has no image's name; images end in .png, .jpg, .jpeg, .bmp or .gif");
        }
        return file;
    }

    private static boolean isImage(Path file) {
        return IMAGE.matcher(DataFiles.lowerName(file)).matches();
    }
}
