package dev.capstan.worker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import dev.capstan.worker.storage.Refusals.Refusal;
import dev.capstan.worker.storage.Refusals.Request;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Fetches a file or a folder from a service that speaks the S3 API. */
final class ObjectStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectStore.class);
    /** Small objects take the time of a round trip each. */
    private static final int AT_ONCE = 8;

    /** Bytes, on all file systems of Linux. */
    private static final int LONGEST_NAME = 255;

    private static final Duration LOOK = Duration.ofMillis(200);

    private final String field;
    private final ObjectUri source;
    private final Refusals refusals;
    private final S3Client client;

    /**
     * @param field where the job names the place, for messages
     * @param firstPause how long to wait before the second try; each further pause is twice as long
     */
    ObjectStore(String field, ObjectUri source, S3 s3, Duration firstPause) {
        this.field = field;
        this.source = source;
        refusals = new Refusals(field, source, s3, false);
        var keys = Keys.of(field, s3, Reason.InvalidData);
        try {
            client = ObjectService.client(s3, keys, firstPause);
        } catch (IllegalArgumentException e) {
            throw failure(refusals.unknownHost(), e);
        }
    }

    /** Fetches the object, or all objects of the folder, into the folder here. */
    Path fetch(Path folder) {
        try {
            if (source.mayBeObject()) {
                var file = file(
                        folder,
                        source.key(),
                        source.key().substring(source.key().lastIndexOf('/') + 1));
                try {
                    long bytes = get(source.key(), file);
                    if (bytes > 0 || !isFolder()) {
                        LOG.info("{}: fetched {}, {} bytes", field, source, bytes);
                        return file;
                    }
                    // An empty object that stands for the folder.
                    Files.delete(file);
                } catch (IOException e) {
                    throw ObjectService.scratchFailed(what(), e);
                } catch (NoSuchKeyException e) {
                    // Then it is a folder, or nothing.
                }
            }
            fetchAll(folder);
            return folder;
        } catch (SdkException e) {
            throw Refusals.failure(e).orElseGet(() -> failure(refusals.of(e, Request.FETCH), e));
        }
    }

    private boolean isFolder() {
        return client.listObjectsV2(request ->
                        request.bucket(source.bucket()).prefix(source.prefix()).maxKeys(1))
                .hasContents();
    }

    private void fetchAll(Path folder) {
        int objects = 0;
        long bytes = 0;
        var empty = new ArrayList<S3Object>();
        try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
            try {
                for (var page : client.listObjectsV2Paginator(
                        request -> request.bucket(source.bucket()).prefix(source.prefix()))) {
                    var fetching = new ArrayList<Callable<Long>>();
                    for (var object : page.contents()) {
                        // Consoles show a folder by an empty object of its name.
                        if (!object.key().endsWith("/")) {
                            var file = file(folder, object.key());
                            if (object.size() != null && object.size() == 0) {
                                empty.add(object);
                            } else {
                                fetching.add(() -> get(object.key(), file));
                            }
                        }
                    }
                    bytes += sum(threads, fetching);
                    objects += fetching.size();
                }
                objects += make(folder, empty);
            } finally {
                threads.shutdownNow();
            }
        }
        if (objects == 0) {
            throw invalid("is neither an object nor a folder with objects in it");
        }
        LOG.info("{}: fetched {} objects of {}, {} bytes", field, objects, source, bytes);
    }

    /** Some tools show a folder by an empty object of its name, without the slash; all others are empty files. */
    private int make(Path folder, List<S3Object> empty) {
        int made = 0;
        for (var object : empty) {
            var file = file(folder, object.key());
            if (!Files.isDirectory(file)) {
                get(object.key(), file);
                made++;
            }
        }
        return made;
    }

    private Path file(Path folder, String key) {
        return file(folder, key, key.substring(source.prefix().length()));
    }

    private Path file(Path folder, String key, String name) {
        try {
            var file = folder.resolve(name).normalize();
            if (!file.startsWith(folder) || !folder.relativize(file).toString().equals(name) || isTooLong(name)) {
                throw noFile(key);
            }
            Files.createDirectories(file.getParent());
            return file;
        } catch (InvalidPathException e) {
            throw noFile(key);
        } catch (FileAlreadyExistsException e) {
            throw both(source.prefix() + folder.relativize(Path.of(e.getFile())));
        } catch (IOException e) {
            throw ObjectService.scratchFailed(what(), e);
        }
    }

    private static boolean isTooLong(String name) {
        return Stream.of(name.split("/")).anyMatch(part -> part.getBytes(UTF_8).length > LONGEST_NAME);
    }

    /** In a bucket that may be so; on a volume, and here, it can't. */
    private Failure both(String key) {
        return invalid("has an object " + key + " and others in a folder of that name; only one of them can be a file");
    }

    private Failure noFile(String key) {
        return invalid("has an object " + key + ", whose key makes no file name");
    }

    /**
     * Runs them all and adds their results up. Who waits looks round now and then: a thread that uses no processor time
     * at all is taken for one that hangs, and here the others have time limits of their own.
     */
    static long sum(ExecutorService threads, List<Callable<Long>> tasks) {
        var running = tasks.stream().map(threads::submit).toList();
        try {
            long sum = 0;
            for (var task : running) {
                sum += await(task);
            }
            return sum;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(Reason.Terminated, "interrupted while fetching", e);
        }
    }

    private static long await(Future<Long> task) throws ExecutionException, InterruptedException {
        while (true) {
            try {
                return task.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // Looked round.
            }
        }
    }

    private long get(String key, Path file) {
        if (Files.isDirectory(file)) {
            throw both(key);
        }
        return ObjectService.get(client, source.bucket(), key, file, what());
    }

    private String what() {
        return field + ": " + source;
    }

    private Failure invalid(String problem) {
        return new Failure(Reason.InvalidData, what() + " " + problem);
    }

    /** The user's own mistakes in a sentence; all else may go better in another attempt. */
    private Failure failure(Refusal refusal, Exception cause) {
        return failure(what(), refusal, cause);
    }

    /** What a refusal of something that is read means for the job. */
    static Failure failure(String what, Refusal refusal, Exception cause) {
        var reason = switch (refusal.blame()) {
            case USER -> Reason.InvalidData;
            case NODE -> Reason.WorkerError;
            case SERVICE, ROOM -> Reason.StorageUnavailable;
        };
        var from = reason == Reason.StorageUnavailable ? " can't be fetched from " : " can't be fetched: ";
        return new Failure(reason, what + from + refusal.sentence(), cause);
    }

    @Override
    public void close() {
        client.close();
    }
}
