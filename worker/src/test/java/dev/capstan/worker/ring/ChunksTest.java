package dev.capstan.worker.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunksTest {
    private static final int LONGEST = Integer.MAX_VALUE / Float.BYTES * Float.BYTES;

    @TempDir
    Path folder;

    /** The buffer shows a file with nothing in it, which takes neither memory nor room on the disk. */
    @Test
    void thePiecesOfTheLongestBufferCoverAllOfIt() throws Exception {
        try (var file = FileChannel.open(
                folder.resolve("holes"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.SPARSE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            var buffer = file.map(MapMode.READ_WRITE, 0, LONGEST);
            for (int ranks : new int[] {1, 2, 3, 7, 64}) {
                var chunks = new Chunks(buffer, Float.BYTES, ranks, Ring.PIECE_BYTES);
                long covered = 0;
                for (int chunk = 0; chunk < ranks; chunk++) {
                    for (int piece = 0; piece < chunks.pieces(chunk); piece++) {
                        covered += chunks.piece(chunk, piece).remaining();
                    }
                }
                assertEquals(LONGEST, covered, ranks + " ranks");
            }
        }
    }
}
