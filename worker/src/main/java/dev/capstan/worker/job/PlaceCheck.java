package dev.capstan.worker.job;

import dev.capstan.protocol.JobFile;

/** What is wrong with where something lies. */
final class PlaceCheck {
    private final Problems problems;

    PlaceCheck(Problems problems) {
        this.problems = problems;
    }

    void place(String field, JobFile.Place place) {
        if (!problems.present(field, place)) {
            return;
        }
        problems.require(
                place.path() != null || place.s3() != null,
                field + " has neither a path nor an S3 service; it needs one of them");
        if (place.s3() != null) {
            service(field, place.s3());
        }
    }

    void folder(String field, String path, JobFile.S3 s3) {
        if (s3 == null) {
            problems.present(field + ".path", path);
        } else {
            service(field, s3);
        }
    }

    private void service(String field, JobFile.S3 s3) {
        problems.present(field + ".s3.region", s3.region());
        problems.present(field + ".s3.credentials", s3.credentials());
    }
}
