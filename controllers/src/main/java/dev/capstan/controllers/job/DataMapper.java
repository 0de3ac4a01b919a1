package dev.capstan.controllers.job;

import dev.capstan.controllers.pods.StoragePaths;
import dev.capstan.crds.CsvOptions;
import dev.capstan.crds.Data;
import dev.capstan.crds.Dataset;
import dev.capstan.crds.Delimiter;
import dev.capstan.crds.ImageOptions;
import dev.capstan.crds.TextOptions;
import dev.capstan.protocol.JobFile;
import io.fabric8.kubernetes.api.model.IntOrString;
import java.util.List;

/** Data sets of a spec, in the worker's terms. */
public final class DataMapper {
    private DataMapper() {}

    public static JobFile.Data of(Data data) {
        return new JobFile.Data(dataset(data.getTrain()), dataset(data.getTest()));
    }

    private static JobFile.Dataset dataset(Dataset dataset) {
        if (dataset == null) {
            return null;
        }
        var place = StoragePaths.of(dataset.getUri(), dataset.getS3());
        return switch (dataset.getFormat()) {
            case IDX -> new JobFile.Dataset(place, JobFile.Dataset.Format.IDX, null, null, null);
            case CSV -> new JobFile.Dataset(place, JobFile.Dataset.Format.CSV, csv(dataset.csv()), null, null);
            case IMAGES ->
                new JobFile.Dataset(place, JobFile.Dataset.Format.IMAGES, null, images(dataset.images()), null);
            case TEXT -> new JobFile.Dataset(place, JobFile.Dataset.Format.TEXT, null, null, text(dataset.text()));
        };
    }

    private static JobFile.Csv csv(CsvOptions csv) {
        var label = csv.labelColumn();
        return new JobFile.Csv(
                csv.header(),
                label.getIntVal() == null ? CsvOptions.DEFAULT_LABEL_COLUMN : label.getIntVal(),
                label.getStrVal(),
                character(csv.delimiter()),
                switch (csv.labels()) {
                    // As before there were others: what is said no more than before makes the same model.
                    case NUMBERS -> null;
                    case NAMES -> JobFile.Csv.Labels.NAMES;
                },
                columns(csv.getColumns()),
                columns(csv.getTargetColumns()),
                csv.standardize() ? true : null);
    }

    /** Null for the one that there was before there were others. */
    private static String character(Delimiter delimiter) {
        return delimiter == Delimiter.COMMA ? null : delimiter.character();
    }

    private static List<JobFile.Column> columns(List<IntOrString> columns) {
        return columns == null
                ? null
                : columns.stream()
                        .map(each -> new JobFile.Column(each.getIntVal(), each.getStrVal()))
                        .toList();
    }

    private static JobFile.Images images(ImageOptions images) {
        return new JobFile.Images(images.getHeight(), images.getWidth(), images.channels());
    }

    private static JobFile.Text text(TextOptions text) {
        return new JobFile.Text(
                text.header(),
                text.textColumn(),
                text.labelColumn(),
                switch (text.getEncoding()) {
                    case SEQUENCE -> JobFile.Text.Encoding.SEQUENCE;
                    case BAG_OF_WORDS -> JobFile.Text.Encoding.BAG_OF_WORDS;
                },
                text.vocabularySize(),
                text.maxLength(),
                character(text.delimiter()));
    }
}
