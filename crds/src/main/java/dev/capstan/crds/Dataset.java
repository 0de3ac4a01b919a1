package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A set of labelled samples. */
@ValidationRule(
        value = "!has(self.csv) || self.format == 'csv'",
        message = "csv has options for format csv only: remove csv, or set format: csv",
        fieldPath = ".csv")
@ValidationRule(
        value = "has(self.images) == (self.format == 'images')",
        message =
                "images has the size that format images needs, and goes with it only: set images, such as images: {height: 28, width: 28}, with format: images, and remove it otherwise",
        fieldPath = ".images")
@ValidationRule(
        value = "has(self.text) == (self.format == 'text')",
        message =
                "text has the options that format text needs, and goes with it only: set text, such as text: {encoding: bagOfWords}, with format: text, and remove it otherwise",
        fieldPath = ".text")
@ValidationRule(value = S3.WITH_URI_RULE, message = S3.WITH_URI_MESSAGE, fieldPath = ".s3")
public class Dataset extends Block {
    @JsonPropertyDescription(
            "uri is where the samples lie, a file or a folder: pvc://CLAIM/PATH on the PersistentVolumeClaim CLAIM in the same namespace, or s3://BUCKET/PATH, which needs s3.")
    @Required
    @Size(min = 1, max = VolumeUri.MAX_LENGTH)
    @ValidationRule(value = PlaceUri.SHAPE_RULE, message = PlaceUri.SHAPE_MESSAGE)
    @ValidationRule(value = VolumeUri.STAYS_INSIDE_RULE, message = VolumeUri.STAYS_INSIDE_MESSAGE)
    private String uri;

    @JsonPropertyDescription(
            "format says how the samples are written. idx: the format of the MNIST database, one images file and one labels file, gzipped or plain. csv: comma-separated values (RFC 4180), gzipped or plain, one sample a line, every column but the label a number. images: one folder for each class, named after it, with PNG, JPEG, BMP or GIF files. text: comma-separated values (RFC 4180) with a column of text and a column of labels.")
    @Required
    private DataFormat format;

    @JsonPropertyDescription("csv says how to read CSV; only with format csv.")
    private CsvOptions csv;

    @JsonPropertyDescription(
            "images says to which size images are scaled; required with format images, and only with it.")
    private ImageOptions images;

    @JsonPropertyDescription("text says how to read texts; required with format text, and only with it.")
    private TextOptions text;

    @JsonPropertyDescription("s3 says how to reach the service with the S3 API; exactly with an s3:// uri.")
    private S3 s3;

    /** Where the samples lie; see {@link PlaceUri}. */
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

    /** How to read CSV. */
    public CsvOptions csv() {
        return csv == null ? new CsvOptions() : csv;
    }

    /** How to read images, or null for other formats. */
    public ImageOptions getImages() {
        return images;
    }

    public Dataset setImages(ImageOptions images) {
        this.images = images;
        return this;
    }

    /** How to read images. */
    public ImageOptions images() {
        return images == null ? new ImageOptions() : images;
    }

    /** How to read texts, or null for other formats. */
    public TextOptions getText() {
        return text;
    }

    public Dataset setText(TextOptions text) {
        this.text = text;
        return this;
    }

    /** How to read texts. */
    public TextOptions text() {
        return text == null ? new TextOptions() : text;
    }

    /** How to reach an {@code s3://} URI, or null. */
    public S3 getS3() {
        return s3;
    }

    public Dataset setS3(S3 s3) {
        this.s3 = s3;
        return this;
    }
}
