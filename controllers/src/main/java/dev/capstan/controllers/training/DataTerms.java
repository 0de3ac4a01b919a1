package dev.capstan.controllers.training;

import dev.capstan.crds.CsvOptions;
import dev.capstan.crds.Data;
import dev.capstan.crds.Dataset;
import dev.capstan.crds.ImageOptions;
import dev.capstan.crds.TextOptions;
import dev.capstan.crds.training.TrainingDefaults;
import dev.capstan.protocol.JobFile;

/** The data of a job, in the worker's terms. */
final class DataTerms {
    private DataTerms() {}

    static JobFile.Data of(Data data) {
        return new JobFile.Data(dataset(data.getTrain()), dataset(data.getTest()));
    }

    private static JobFile.Dataset dataset(Dataset dataset) {
        if (dataset == null) {
            return null;
        }
        var place = Places.of(dataset.getUri(), dataset.getS3());
        return switch (dataset.getFormat()) {
            case IDX -> new JobFile.Dataset(place, JobFile.Dataset.Format.IDX, null, null, null);
            case CSV -> new JobFile.Dataset(place, JobFile.Dataset.Format.CSV, csv(dataset.getCsv()), null, null);
            case IMAGES ->
                new JobFile.Dataset(place, JobFile.Dataset.Format.IMAGES, null, images(dataset.getImages()), null);
            case TEXT -> new JobFile.Dataset(place, JobFile.Dataset.Format.TEXT, null, null, text(dataset.getText()));
        };
    }

    private static JobFile.Csv csv(CsvOptions csv) {
        return new JobFile.Csv(TrainingDefaults.header(csv), TrainingDefaults.labelColumn(csv));
    }

    private static JobFile.Images images(ImageOptions images) {
        return new JobFile.Images(images.getHeight(), images.getWidth(), TrainingDefaults.channels(images));
    }

    private static JobFile.Text text(TextOptions text) {
        return new JobFile.Text(
                TrainingDefaults.header(text),
                TrainingDefaults.textColumn(text),
                TrainingDefaults.labelColumn(text),
                switch (text.getEncoding()) {
                    case SEQUENCE -> JobFile.Text.Encoding.SEQUENCE;
                    case BAG_OF_WORDS -> JobFile.Text.Encoding.BAG_OF_WORDS;
                },
                TrainingDefaults.vocabularySize(text),
                TrainingDefaults.maxLength(text));
    }
}
