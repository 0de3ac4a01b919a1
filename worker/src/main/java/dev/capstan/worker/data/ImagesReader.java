package dev.capstan.worker.data;

import dev.capstan.protocol.JobFile.Images;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Reads image files: a folder for each class, whose name is the class, and PNG, JPEG, BMP and GIF files in it. Classes
 * go by {@link Classes#sorted}, files by their names. Hidden files, and what file systems and desktops leave in
 * folders, are no data.
 */
final class ImagesReader {
    private static final Pattern IMAGE = Pattern.compile(".*\\.(png|jpe?g|bmp|gif)");
    private static final List<String> NO_DATA = List.of("lost+found", "thumbs.db", "desktop.ini");

    private final Source source;
    private final Shape.Image shape;
    private final Classes.Named classes;
    private final Preprocessing like;
    private final Spool spool;

    /** @param like what a sample must be, and which classes there may be; null to learn it */
    ImagesReader(Source source, Images images, Classes.Named classes, Preprocessing like, Room room) {
        this.source = source;
        shape = new Shape.Image(images.height(), images.width(), images.channels());
        this.classes = classes;
        this.like = like;
        spool = new Spool(source.name(source.path()), room);
    }

    Learned read() throws IOException {
        if (like != null) {
            source.checkShape(source.path(), shape, like.shape());
        }
        var folders = folders();
        folders.forEach(classes::add);
        var names = classes.names();
        folders.sort(Comparator.comparing(
                folder -> names.indexOf(folder.getFileName().toString())));
        var labels = IntStream.builder();
        try (spool) {
            for (var folder : folders) {
                int label = names.indexOf(folder.getFileName().toString());
                for (var file : images(folder)) {
                    var pixels = ImageFile.read(source, file, shape);
                    spool.write(pixels, pixels.length);
                    labels.add(label);
                }
            }
            spool.finish();
        }
        return new Learned(
                new Packed.Bytes(shape, labels.build().toArray(), spool), new Preprocessing(shape, names, null));
    }

    private List<Path> folders() throws IOException {
        if (!Volume.exists(source.path())) {
            throw new NoSuchFileException(source.path().toString());
        }
        if (!Volume.isFolder(source.path())) {
            throw source.invalid(
                    source.path(), "is a file; format images needs a folder that holds one for each class");
        }
        var folders = new ArrayList<Path>();
        for (var entry : entries(source.path())) {
            if (Volume.isFolder(entry)) {
                folders.add(entry);
            } else if (isImage(entry)) {
                throw source.invalid(
                        entry, "lies beside the classes' folders; an image must lie in the folder of its class");
            }
        }
        if (folders.isEmpty()) {
            throw source.invalid(source.path(), "has no folder in it; format images needs one for each class");
        }
        return folders;
    }

    private List<Path> images(Path folder) throws IOException {
        var files = entries(folder);
        for (var file : files) {
            if (Volume.isFolder(file)) {
                throw source.invalid(file, "is a folder; images must lie in the folder of their class itself");
            }
            if (!isImage(file)) {
                throw source.invalid(file, "has no image's name; images end in .png, .jpg, .jpeg, .bmp or .gif");
            }
        }
        if (files.isEmpty()) {
            throw source.invalid(folder, "is a class without images; remove the folder or put images in");
        }
        return files;
    }

    private static List<Path> entries(Path folder) throws IOException {
        return Volume.list(folder, "*").stream()
                .filter(entry -> !ignored(entry))
                .sorted()
                .toList();
    }

    private static boolean ignored(Path entry) {
        var name = lowerName(entry);
        return name.startsWith(".") || NO_DATA.contains(name);
    }

    private static boolean isImage(Path file) {
        return IMAGE.matcher(lowerName(file)).matches();
    }

    private static String lowerName(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT);
    }
}
