namespace SimulationManager.Rosbag2;

/// <summary>Why a bag could not be read or written.</summary>
public enum BagError
{
    /// <summary>The folder or file does not exist, or the folder holds no bag.</summary>
    NotFound,

    /// <summary>metadata.yaml is not YAML, or is not a rosbag2 metadata file.</summary>
    MetadataUnreadable,

    /// <summary>metadata.yaml has a version that this library does not know.</summary>
    MetadataVersionUnsupported,

    /// <summary>A path in the metadata leaves the bundle (absolute, <c>..</c>, backslash, drive or control character).</summary>
    UnsafePath,

    /// <summary>The metadata lists a storage file that is not in the bundle.</summary>
    FileMissing,

    /// <summary>The storage plug-in is neither sqlite3 nor mcap, or the files of the bag have several.</summary>
    StorageUnsupported,

    /// <summary>The file is not an SQLite database.</summary>
    NotSqlite,

    /// <summary>The file is not an MCAP file.</summary>
    NotMcap,

    /// <summary>The database or MCAP file is damaged, or the database is cut off.</summary>
    StorageCorrupt,

    /// <summary>A table or column of the rosbag2 schema is missing, has the wrong type, or is not a plain table.</summary>
    SchemaUnsupported,

    /// <summary>A stored value has another type than the schema says (for example text in a timestamp).</summary>
    ValueInvalid,

    /// <summary>A compression format other than zstd (and lz4 in MCAP chunks), or an unknown compression mode.</summary>
    CompressionUnsupported,

    /// <summary>Compressed data does not decompress.</summary>
    CompressionCorrupt,

    /// <summary>A file or message is larger than the caller's limit.</summary>
    TooLarge,

    /// <summary>The caller used the library in a way the format does not allow (for example an unknown topic).</summary>
    InvalidOperation,
}

/// <summary>A bag that cannot be read or written. The message says what is wrong and what to change.</summary>
public sealed class BagFormatException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="error">The kind of error.</param>
    /// <param name="message">What is wrong and what to change.</param>
    /// <param name="file">The file concerned, if it is one file.</param>
    /// <param name="innerException">The cause.</param>
    public BagFormatException(BagError error, string message, string? file = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
        File = file;
    }

    /// <summary>The kind of error.</summary>
    public BagError Error { get; }

    /// <summary>The file concerned (name or path), or null.</summary>
    public string? File { get; }
}
