namespace SimulationManager.Core.Model;

/// <summary>A named robot behaviour: one rosbag2 bundle in object storage and the topics of it that are played.</summary>
public sealed class Template
{
    public long Id { get; init; }

    /// <summary>Unique among templates that are not deleted.</summary>
    public required string Name { get; set; }

    public required string Type { get; set; }
    public required string Description { get; set; }

    /// <summary>Topics that agents play; a subset of the bag's.</summary>
    public required List<string> Topics { get; set; }

    /// <summary>The bundle's files, metadata first, then the bags in playing order, then the index where there is one.</summary>
    public required List<TemplateFile> Files { get; set; }

    /// <summary>Messages on <see cref="Topics"/> in one pass of the bundle.</summary>
    public required long MessageCount { get; set; }

    /// <summary>Time from the bundle's first to its last message, in nanoseconds.</summary>
    public required long DurationNanoseconds { get; set; }

    /// <summary>What the check of the bundle found.</summary>
    public TemplateBag? Bag { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }
}

/// <summary>What a file of a bundle is.</summary>
public enum TemplateFileKind
{
    Metadata,
    Bag,

    /// <summary>
    /// When every message is due and where its bytes lie (<c>BagIndex</c>), made by us when the bag was checked: agents begin with it
    /// while the other files are fetched.
    /// </summary>
    Index,
}

/// <summary>One file of a bundle in object storage.</summary>
public sealed class TemplateFile
{
    public required TemplateFileKind Kind { get; init; }

    /// <summary>The name it was sent with and that the metadata lists: a plain file name, never a path.</summary>
    public required string FileName { get; init; }

    /// <summary>Key in the bucket; made by us, never from the name that a client sent.</summary>
    public required string ObjectKey { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long Size { get; init; }
}
