; Each word of an include line.
(include_directive filenames: (list (_) @include.word))
