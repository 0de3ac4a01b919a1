package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A set of labelled samples on a volume. */
@ValidationRule(
        value = "!has(self.csv) || self.format == 'csv'",
        message = "csv has options for format csv only: remove csv, or set format: csv",
        fieldPath = ".csv")
public class Dataset extends Block {
    @JsonPropertyDescription(
            "uri is where the samples lie: pvc://CLAIM/PATH, a file or a folder on the PersistentVolumeClaim CLAIM in the namespace of the job.")
    @Required
    @ValidationRule(value = VolumeUri.SHAPE_RULE, message = VolumeUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    private String uri;

    @JsonPropertyDescription(
            "format says how the samples are written. idx: the format of the MNIST database, one images file and one labels file, gzipped or plain. csv: comma-separated values (RFC 4180), one sample a line, every column but the label a number.")
    @Required
    private DataFormat format;

    @JsonPropertyDescription("csv says how to read CSV; only with format csv.")
    private CsvOptions csv;

    /** Where the samples lie; see {@link VolumeUri}. */
    public String getUri() {
        return uri;
    }

    public Dataset setUri(String uri) {
        this.uri = uri;
        return this;
    }

    /** How the samples are written. */
    public DataFormat getFormat() {
        return format;
    }

    public Dataset setFormat(DataFormat format) {
        this.format = format;
        return this;
    }

    /** How to read CSV; null means all of its defaults. */
    public CsvOptions getCsv() {
        return csv;
    }

    public Dataset setCsv(CsvOptions csv) {
        this.csv = csv;
        return this;
    }
}
