package dev.capstan.worker;

import static dev.capstan.worker.storage.ObjectServer.ACCESS_KEY_ID;
import static dev.capstan.worker.storage.ObjectServer.SECRET_ACCESS_KEY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Output.IfExists;
import dev.capstan.protocol.JobFile.S3;
import dev.capstan.protocol.Json;
import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.protocol.Work;
import dev.capstan.worker.compress.quantize.ForeignModels;
import dev.capstan.worker.storage.ObjectServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.S3Object;

/** A worker whose output and checkpoints lie in a bucket, from its beginning to its end. */
class BucketsTest {
    @TempDir
    Path folder;

    @Test
    void aTrainingGoesOnFromABucketAndLeavesTheSameModelThere() throws Exception {
        var place = new Workplace(folder);
        try (var server = ObjectServer.start(Files.createDirectory(folder.resolve("service")));
                var client = server.client()) {
            var secret = ObjectServer.secret(
                    folder.resolve("writer"),
                    List.of("accessKeyId", ACCESS_KEY_ID, "secretAccessKey", SECRET_ACCESS_KEY));
            var s3 = new S3(server.endpoint(), "us-east-1", secret.toString());
            var early = place.run("train", Json.write(job(1, s3, IfExists.FAIL)));
            assertEquals(Reason.OutputUnavailable, early.reason());
            assertEquals(
                    "output s3://models/out can't be written: there is no bucket models at " + server.endpoint(),
                    early.message());

            client.createBucket(create -> create.bucket("models"));
            var first = place.run("train", Json.write(job(1, s3, IfExists.FAIL)));
            assertEquals(Reason.Succeeded, first.reason(), first.message());
            assertEquals("s3://models/out", first.artifact().uri());

            // As if the first had been killed while it saved its model.
            client.deleteObject(delete -> delete.bucket("models").key("out/manifest.json"));
            var second = place.run("train", Json.write(job(2, s3, IfExists.FAIL)));
            assertEquals(first.artifact(), second.artifact());
            // Who had begun anew would have kept its second step, too. The last of a run is written beside its end, if
            // at all.
            assertTrue(
                    second.checkpoint().equals(first.checkpoint())
                            || second.checkpoint().step() > first.checkpoint().step(),
                    "it goes on from " + first.checkpoint() + ": " + second.checkpoint());
            assertEquals(
                    List.of(),
                    client
                            .listObjectsV2(list -> list.bucket("models").prefix("out/checkpoints/uid-1/"))
                            .contents()
                            .stream()
                            .map(S3Object::key)
                            .filter(key -> key.contains("step-000000000002-attempt-2"))
                            .toList());
            assertTrue(
                    first.checkpoint().uri().startsWith("s3://models/out/checkpoints/uid-1/step-"),
                    first.checkpoint().uri());
            assertEquals(
                    "the artifact is there already, and whole",
                    place.run("train", Json.write(job(3, s3, IfExists.FAIL))).message());

            var from = new JobFile.From(
                    new JobFile.Place(null, "s3://models/out", s3),
                    first.artifact().digest());
            var next = Fixtures.job(folder, "uid-2", 1, 1, 1);
            var checked = place.run(
                    "check",
                    Json.write(Fixtures.with(
                            next,
                            new JobFile.Model(null, null, from, null),
                            next.train().data(),
                            next.train().training())));
            assertEquals(Reason.Succeeded, checked.reason(), checked.message());

            // Another tool's, alone or in a folder.
            client.putObject(
                    put -> put.bucket("models").key("nets/net.onnx"),
                    RequestBody.fromBytes(ForeignModels.pytorch().toByteArray()));
            for (var uri : List.of("s3://models/nets/net.onnx", "s3://models/nets")) {
                var work = new Work.Compress(
                        new JobFile.From(new JobFile.Place(null, uri, s3), null),
                        next.train().data(),
                        List.of(Compressions.INT8),
                        null);
                var foreign = place.run(
                        "check",
                        Json.write(new JobFile(
                                next.version(),
                                next.job(),
                                work,
                                next.checkpoints(),
                                next.peers(),
                                next.output(),
                                next.timeouts())));
                assertEquals(
                        "the model can be compressed: 4 operators, 4 classes, 61 training samples, 40 test samples",
                        foreign.message());
            }
        }
    }

    /** Four steps, and a checkpoint after each second one. */
    private JobFile job(int attempt, S3 s3, IfExists ifExists) throws Exception {
        var job = Fixtures.job(folder, "uid-1", attempt, 1, 2);
        var to = job.checkpoints();
        return Fixtures.inBucket(
                new JobFile(
                        job.version(),
                        job.job(),
                        job.work(),
                        new JobFile.Checkpoints(to.path(), to.uri(), 2, 0, to.keep()),
                        job.peers(),
                        job.output(),
                        job.timeouts()),
                s3,
                ifExists);
    }
}
