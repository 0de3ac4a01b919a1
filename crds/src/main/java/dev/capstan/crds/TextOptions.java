package dev.capstan.crds;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;

/** How files with texts are laid out, and what the network sees of a text. */
@ValidationRule(
        value = "(has(self.textColumn) ? self.textColumn : " + TextOptions.DEFAULT_TEXT_COLUMN
                + ") != (has(self.labelColumn) ? self.labelColumn : " + TextOptions.DEFAULT_LABEL_COLUMN + ")",
        message = "textColumn and labelColumn must be two columns: by default the text is in column "
                + TextOptions.DEFAULT_TEXT_COLUMN + " and the class in column " + TextOptions.DEFAULT_LABEL_COLUMN
                + ", the last",
        fieldPath = ".labelColumn")
@ValidationRule(
        value = "!has(self.maxLength) || self.encoding == 'sequence'",
        message = "maxLength applies to encoding: sequence only: remove maxLength, or set that encoding",
        fieldPath = ".maxLength")
public class TextOptions extends Block {
    public static final boolean DEFAULT_HEADER = false;
    public static final int DEFAULT_TEXT_COLUMN = 0;
    public static final int DEFAULT_LABEL_COLUMN = -1;
    public static final int DEFAULT_VOCABULARY_SIZE = 10000;
    public static final int DEFAULT_MAX_LENGTH = 64;
    public static final Delimiter DEFAULT_DELIMITER = Delimiter.COMMA;

    @JsonPropertyDescription(
            "header says whether the first line of each file names the columns and is skipped. Default: "
                    + DEFAULT_HEADER + ".")
    private Boolean header;

    @JsonPropertyDescription(
            "delimiter is the character between two columns: a comma, a semicolon, a tab (\"\\t\") or a vertical bar. Default: a comma.")
    private Delimiter delimiter;

    @JsonPropertyDescription(
            "textColumn is the index of the column that holds the text. The first column is 0; a negative index counts from the end, and -1 is the last. Default: "
                    + DEFAULT_TEXT_COLUMN + ".")
    @Min(-65536)
    @Max(65535)
    private Integer textColumn;

    @JsonPropertyDescription(
            "labelColumn is the index of the column that holds the class, which may be a word. The first column is 0; a negative index counts from the end, and -1 is the last. Default: "
                    + DEFAULT_LABEL_COLUMN + ".")
    @Min(-65536)
    @Max(65535)
    private Integer labelColumn;

    @JsonPropertyDescription(
            "encoding is what the network sees of a text. sequence: the numbers of the words in their order, for a network that begins with an embedding. bagOfWords: how often each word of the vocabulary occurs.")
    @Required
    private TextEncoding encoding;

    @JsonPropertyDescription(
            "vocabularySize is the number of words that are told apart: the most frequent ones of the training data. Default: "
                    + DEFAULT_VOCABULARY_SIZE + ".")
    @Min(1)
    @Max(1000000)
    private Integer vocabularySize;

    @JsonPropertyDescription(
            "maxLength is the number of words of a text that are read; the rest is cut off. Only with encoding sequence. Default: "
                    + DEFAULT_MAX_LENGTH + ".")
    @Min(1)
    @Max(65536)
    private Integer maxLength;

    /** Whether the first line names the columns, or null. */
    public Boolean getHeader() {
        return header;
    }

    public TextOptions setHeader(Boolean header) {
        this.header = header;
        return this;
    }

    /** Whether the first line names the columns. */
    public boolean header() {
        return header == null ? DEFAULT_HEADER : header;
    }

    /** What lies between columns, or null. */
    public Delimiter getDelimiter() {
        return delimiter;
    }

    public TextOptions setDelimiter(Delimiter delimiter) {
        this.delimiter = delimiter;
        return this;
    }

    /** What lies between columns. */
    public Delimiter delimiter() {
        return delimiter == null ? DEFAULT_DELIMITER : delimiter;
    }

    /** Index of the column with the text, or null. */
    public Integer getTextColumn() {
        return textColumn;
    }

    public TextOptions setTextColumn(Integer textColumn) {
        this.textColumn = textColumn;
        return this;
    }

    /** Index of the column with the text, negative from the end. */
    public int textColumn() {
        return textColumn == null ? DEFAULT_TEXT_COLUMN : textColumn;
    }

    /** Index of the column with the class, or null. */
    public Integer getLabelColumn() {
        return labelColumn;
    }

    public TextOptions setLabelColumn(Integer labelColumn) {
        this.labelColumn = labelColumn;
        return this;
    }

    /** Index of the column with the class, negative from the end. */
    public int labelColumn() {
        return labelColumn == null ? DEFAULT_LABEL_COLUMN : labelColumn;
    }

    /** What the network sees. */
    public TextEncoding getEncoding() {
        return encoding;
    }

    public TextOptions setEncoding(TextEncoding encoding) {
        this.encoding = encoding;
        return this;
    }

    /** Number of words that are told apart, or null. */
    public Integer getVocabularySize() {
        return vocabularySize;
    }

    public TextOptions setVocabularySize(Integer vocabularySize) {
        this.vocabularySize = vocabularySize;
        return this;
    }

    /** Number of words that are told apart. */
    public int vocabularySize() {
        return vocabularySize == null ? DEFAULT_VOCABULARY_SIZE : vocabularySize;
    }

    /** Number of words that are read, or null. */
    public Integer getMaxLength() {
        return maxLength;
    }

    public TextOptions setMaxLength(Integer maxLength) {
        this.maxLength = maxLength;
        return this;
    }

    /** Number of words of a text that are read. */
    public int maxLength() {
        return maxLength == null ? DEFAULT_MAX_LENGTH : maxLength;
    }
}
