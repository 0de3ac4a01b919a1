package dev.capstan.worker.artifact;

import dev.capstan.protocol.Json;
import dev.capstan.worker.storage.BoundedText;
import dev.capstan.worker.storage.Volume;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an artifact tells of itself that goes on into what is made of it. None of it decides an answer, and people may
 * have edited the card: what isn't there, or is of another model, is left out.
 *
 * @param earlier what its model was made of, the first one first, and itself last
 * @param licenses as its card states them
 * @param profile of its training data, as it was written; null if there is none
 */
public record Past(List<ModelCard.Ancestor> earlier, ModelCard.Licenses licenses, String profile) {
    private static final Logger LOG = LoggerFactory.getLogger(Past.class);

    /** Of a model of which nothing is known. */
    public static final Past NONE = new Past(List.of(), ModelCard.Licenses.NOT_STATED, null);

    /** Whether it isn't known what the model was made of. */
    public boolean isEmpty() {
        return earlier.isEmpty();
    }

    /** The place of the model that it was made of, as far as it is known. */
    public String madeOf() {
        var from = earlier.isEmpty() ? null : earlier.getLast().from();
        return from == null ? "which its card doesn't tell" : from.uri();
    }

    /** Of a model whose license is known alone; null if that isn't either. */
    static Past licensed(String license) {
        return license == null
                ? NONE
                : new Past(List.of(), new ModelCard.Licenses(license, ModelCard.Licenses.NOT_STATED.data()), null);
    }

    /**
     * The past of the artifact in a folder.
     *
     * @param manifest that lies there
     * @throws IOException if the storage fails
     */
    static Past of(Path folder, Manifest manifest) throws IOException {
        var model = manifest.model();
        var card = card(folder.resolve(model.file()).resolveSibling(OutputFolder.CARD), model.digest());
        var profile = profile(folder, manifest.profile());
        return card == null
                ? new Past(List.of(), ModelCard.Licenses.NOT_STATED, profile)
                : new Past(card.lineageWithItself(), card.licensesStated(), profile);
    }

    private static String profile(Path folder, Manifest.File named) throws IOException {
        if (named == null || !Volume.isFile(folder.resolve(named.file()))) {
            return null;
        }
        var text = BoundedText.of(folder.resolve(named.file()), BoundedText.LONG);
        if (FileDigest.of(text).equals(named.digest())) {
            return text;
        }
        LOG.warn("{} isn't the one that {} names, and is left out of account", named.file(), OutputFolder.MANIFEST);
        return null;
    }

    private static ModelCard card(Path file, String digest) throws IOException {
        if (!Volume.isFile(file)) {
            return null;
        }
        try {
            var card = Json.read(BoundedText.of(file, BoundedText.LONG), ModelCard.class);
            if (card.lineage() != null && digest.equals(card.model())) {
                return card;
            }
            LOG.warn("{} is of another model than the one beside it, and is left out of account", file);
        } catch (CharacterCodingException | IllegalArgumentException e) {
            LOG.warn("{} can't be read, and is left out of account: {}", file, e.getMessage());
        }
        return null;
    }
}
