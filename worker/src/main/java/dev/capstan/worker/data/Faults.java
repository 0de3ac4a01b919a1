package dev.capstan.worker.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.capstan.protocol.Outcome.Reason;
import dev.capstan.worker.outcome.Failure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What is wrong with the files of a dataset. All of them are looked at, and the first ones named: who mends one broken
 * file after another starts a job for each.
 */
final class Faults {
    private static final int NAMED = 10;
    /** Of all sentences together: what ends a container has 4096. */
    private static final int MOST_BYTES = 2500;

    private final Source source;
    private final List<String> named = new ArrayList<>();
    private Failure first;
    private int bytes;
    private int count;

    Faults(Source source) {
        this.source = source;
    }

    /** Something about one file. */
    interface Looking {
        void at() throws IOException;
    }

    /**
     * Looks at a file, and keeps in mind what is wrong with it.
     *
     * @throws IOException if its storage doesn't answer
     * @throws Failure if something else than the file is to blame
     */
    void look(Looking looking) throws IOException {
        try {
            looking.at();
        } catch (Failure e) {
            add(e);
        } catch (IOException e) {
            add(source.failure(e));
        }
    }

    /** What is found out about all files together; if it can't be, what is wrong with single ones comes first. */
    <T> T elseCheck(Supplier<T> all) {
        try {
            return all.get();
        } catch (Failure e) {
            check();
            throw e;
        }
    }

    private void add(Failure failure) {
        if (failure.reason() != Reason.InvalidData) {
            throw failure;
        }
        count++;
        if (first == null) {
            first = failure;
        }
        var sentence = withoutPlace(failure.getMessage());
        bytes += sentence.getBytes(UTF_8).length;
        if (named.size() < NAMED && named.size() == count - 1 && (named.isEmpty() || bytes <= MOST_BYTES)) {
            named.add(sentence);
        }
    }

    private String withoutPlace(String sentence) {
        var place = source.name(source.path());
        if (!sentence.startsWith(place)) {
            return sentence;
        }
        var rest = sentence.substring(place.length());
        return rest.startsWith("/") ? rest.substring(1) : rest.strip();
    }

    /** @throws Failure InvalidData if anything is wrong: with what it is, or, of several files, with the first ones */
    void check() {
        check("");
    }

    /**
     * As {@link #check()}.
     *
     * @param hint what several faults together hint at, for the end of the sentence
     */
    void check(String hint) {
        if (count == 1) {
            throw first;
        }
        if (count > 1) {
            var list = new StringBuilder();
            for (int i = 0; i < named.size(); i++) {
                list.append(" (").append(i + 1).append(") ").append(named.get(i));
            }
            throw source.invalid(
                    source.path(),
                    "has " + count + " faulty files:" + list
                            + (count > named.size() ? ", and " + (count - named.size()) + " more" : "")
                            + hint);
        }
    }
}
