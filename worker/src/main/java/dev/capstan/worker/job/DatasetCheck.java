package dev.capstan.worker.job;

import dev.capstan.protocol.JobFile;
import dev.capstan.protocol.JobFile.Dataset;
import java.util.List;

/** What is wrong with how a data set is to be read. */
final class DatasetCheck {
    private final Problems problems;

    DatasetCheck(Problems problems) {
        this.problems = problems;
    }

    void dataset(String field, Dataset dataset) {
        if (!problems.present(field, dataset)) {
            return;
        }
        new PlaceCheck(problems).place(field + ".place", dataset.place());
        if (!problems.present(field + ".format", dataset.format())) {
            return;
        }
        switch (dataset.format()) {
            case IDX -> {}
            case CSV -> {
                if (problems.present(field + ".csv", dataset.csv())) {
                    csv(field + ".csv", dataset.csv());
                }
            }
            case IMAGES -> {
                if (problems.present(field + ".images", dataset.images())) {
                    images(field + ".images", dataset.images());
                }
            }
            case TEXT -> {
                if (problems.present(field + ".text", dataset.text())) {
                    text(field + ".text", dataset.text());
                }
            }
        }
    }

    private void images(String field, JobFile.Images images) {
        problems.atLeastOne(field + ".height", images.height());
        problems.atLeastOne(field + ".width", images.width());
        problems.require(
                images.channels() == 1 || images.channels() == 3,
                field + ".channels is " + images.channels() + "; it must be 1 (grey) or 3 (colour)");
    }

    private void csv(String field, JobFile.Csv csv) {
        delimiter(field, csv.delimiter());
        columns(field + ".columns", csv.columns());
        columns(field + ".targets", csv.targets());
    }

    private void delimiter(String field, String delimiter) {
        problems.require(
                delimiter == null || delimiter.length() == 1 && !"\"\r\n ".contains(delimiter),
                field + ".delimiter is " + Problems.quoted(delimiter)
                        + "; it must be one character, and no quotation mark, space or line end");
    }

    private void columns(String field, List<JobFile.Column> columns) {
        if (columns == null) {
            return;
        }
        problems.require(!columns.isEmpty(), field + " is empty; it must name at least one column");
        for (int i = 0; i < columns.size(); i++) {
            if (problems.present(field + "[" + i + "]", columns.get(i))) {
                problems.require(
                        (columns.get(i).index() == null) != (columns.get(i).name() == null),
                        field + "[" + i + "] must have one of index and name");
            }
        }
    }

    private void text(String field, JobFile.Text text) {
        delimiter(field, text.delimiter());
        problems.require(
                text.textColumn() != text.labelColumn(),
                field + ".textColumn and labelColumn are both " + text.textColumn() + "; they must differ");
        problems.atLeastOne(field + ".vocabularySize", text.vocabularySize());
        if (problems.present(field + ".encoding", text.encoding())
                && text.encoding() == JobFile.Text.Encoding.SEQUENCE) {
            problems.atLeastOne(field + ".maxLength", text.maxLength());
        }
    }
}
