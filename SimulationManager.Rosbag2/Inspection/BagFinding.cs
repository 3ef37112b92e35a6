namespace SimulationManager.Rosbag2;

/// <summary>What was found in a bag.</summary>
public enum BagFindingCode
{
    /// <summary>Error: the bag cannot be read; the message says why.</summary>
    Unreadable,

    /// <summary>Error: metadata.yaml lists a file that is not in the bundle.</summary>
    FileMissing,

    /// <summary>Error: one storage file cannot be read.</summary>
    FileUnreadable,

    /// <summary>There is no metadata.yaml, as after a crash of the recorder. <see cref="BagReindexer"/> makes one.</summary>
    MetadataMissing,

    /// <summary>A storage file is there that metadata.yaml does not list; it is not read.</summary>
    FileUnlisted,

    /// <summary>A storage file is there twice, compressed and not; only one of the two is read.</summary>
    FileTwice,

    /// <summary>The message count of the metadata is not that of the files.</summary>
    MessageCountDisagrees,

    /// <summary>A topic's message count in the metadata is not that in the files.</summary>
    TopicCountDisagrees,

    /// <summary>The duration of the metadata is not that of the files.</summary>
    DurationDisagrees,

    /// <summary>The starting time of the metadata is not that of the files.</summary>
    StartingTimeDisagrees,

    /// <summary>The metadata's details about one file (count, start, duration) are not those of the file.</summary>
    FileDetailsDisagree,

    /// <summary>A topic is in the files and not in the metadata.</summary>
    TopicNotInMetadata,

    /// <summary>A topic is in the metadata and not in the files.</summary>
    TopicNotInFiles,

    /// <summary>A topic has another type in the metadata than in the files, or in one file than in another.</summary>
    TopicTypeDisagrees,

    /// <summary>A topic has other quality of service profiles in the metadata than in the files.</summary>
    TopicQosDisagrees,

    /// <summary>A topic's quality of service profiles cannot be read.</summary>
    TopicQosUnreadable,

    /// <summary>The compression that the metadata names is not what the files have, or some files or messages are not compressed as the others are.</summary>
    CompressionDisagrees,

    /// <summary>The starting time is the int64 maximum, which rosbag2 writes when there is no message.</summary>
    StartingTimeSentinel,

    /// <summary>The bag has no message.</summary>
    BagEmpty,

    /// <summary>A storage file has no message (and others have).</summary>
    FileEmpty,

    /// <summary>A topic has no message.</summary>
    TopicEmpty,

    /// <summary>A type name lacks the interface kind (<c>pkg/Type</c> instead of <c>pkg/msg/Type</c>).</summary>
    TypeNameWithoutMsg,

    /// <summary>A topic name lacks the leading slash.</summary>
    TopicNameWithoutSlash,

    /// <summary>A topic's name is not UTF-8; it is read as Latin-1.</summary>
    TopicNameNotUtf8,

    /// <summary>A topic is not serialized as CDR; it is replayed as bytes all the same.</summary>
    SerializationNotCdr,

    /// <summary>Messages refer to a topic that their file does not name; they are not read.</summary>
    OrphanMessages,

    /// <summary>Messages are stored in another order than that of their timestamps; they are read sorted.</summary>
    TimestampsOutOfOrder,

    /// <summary>Timestamps are before 1970.</summary>
    TimestampsNegative,

    /// <summary>Between two neighbouring messages lies more than a day, and a replay waits that long; the message says where to start to go past it.</summary>
    TimestampJump,

    /// <summary>Storage files overlap in time; their messages are merged.</summary>
    FilesOverlap,

    /// <summary>A file lacks the index on timestamps; reading it starts with a sort.</summary>
    TimestampIndexMissing,

    /// <summary>An MCAP file ends before its footer, as after a crash of the recorder; it is read up to the cut.</summary>
    FileCutOff,

    /// <summary>A checksum over a part of an MCAP file is wrong; the messages are checked by checksums of their own.</summary>
    ChecksumDisagrees,

    /// <summary>What the summary of an MCAP file says is not what is in the file.</summary>
    SummaryDisagrees,

    /// <summary>The storage plug-in that the metadata names, if it names one, is not that of the files.</summary>
    StorageDisagrees,

    /// <summary>A journal lies beside a storage file: messages that are only in the journal are not read.</summary>
    JournalPresent,

    /// <summary>
    /// The recording was cut short, and its last file was written with a write-ahead log that is not there: messages that are
    /// only in the log are not read.
    /// </summary>
    JournalMissing,

    /// <summary>What a killed recorder left in a write-ahead log was taken into its storage file (<see cref="WriteAheadLog"/>).</summary>
    JournalApplied,
}

/// <summary>How bad a finding is.</summary>
public enum BagFindingSeverity
{
    /// <summary>The bag can be read.</summary>
    Warning,

    /// <summary>The bag, or a file of it, cannot be read.</summary>
    Error,
}

/// <summary>Something that was found in a bag.</summary>
/// <param name="Code">Its name.</param>
/// <param name="Message">What is wrong, with names and numbers, and what to change if something must be.</param>
/// <param name="Subject">The topic or file concerned, or null for the whole bag.</param>
public sealed record BagFinding(BagFindingCode Code, string Message, string? Subject = null)
{
    /// <summary>How bad it is.</summary>
    public BagFindingSeverity Severity =>
        Code is BagFindingCode.Unreadable or BagFindingCode.FileMissing or BagFindingCode.FileUnreadable
            ? BagFindingSeverity.Error
            : BagFindingSeverity.Warning;
}
