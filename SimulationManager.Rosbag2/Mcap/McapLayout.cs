namespace SimulationManager.Rosbag2.Mcap;

/// <summary>What a file is made of, found by one walk over its records.</summary>
internal sealed class McapLayout(string file)
{
    /// <summary>Stretches of records that hold messages, in the order of the file.</summary>
    public List<McapSegment> Segments { get; } = [];

    /// <summary>What is known of each segment by having read it; null if none was read.</summary>
    public SegmentFacts[]? Facts { get; set; }

    public McapCatalog Catalog { get; } = new(file);

    public List<BagAttachment> Attachments { get; } = [];

    public List<BagMetadataRecord> MetadataRecords { get; } = [];

    /// <summary>True if the file ends before its footer.</summary>
    public bool IsCut { get; set; }

    public McapStatistics? Statistics { get; set; }

    /// <summary>Chunks in the data, and chunks that the summary lists.</summary>
    public int ChunkCount { get; set; }

    public int ChunkIndexCount { get; set; }

    /// <summary>Where the data section ends, and the CRC-32 of everything before; 0 if there is none.</summary>
    public long DataEnd { get; set; }

    public uint DataCrc { get; set; }

    /// <summary>Where the summary starts and its checksummed part ends, and its CRC-32; 0 if there is none.</summary>
    public long SummaryStart { get; set; }

    public long SummaryEnd { get; set; }

    public uint SummaryCrc { get; set; }
}

/// <summary>The statistics record, as far as it can be compared.</summary>
internal sealed record McapStatistics(ulong MessageCount, uint ChannelCount, Dictionary<ushort, ulong> MessageCounts)
{
    public static McapStatistics Read(ReadOnlySpan<byte> content, string file)
    {
        var fields = new McapFields(content, file);
        var messages = fields.UInt64();
        fields.UInt16();
        var channels = fields.UInt32();
        fields.UInt32();
        fields.UInt32();
        fields.UInt32();
        fields.Time();
        fields.Time();
        var counts = new McapFields(fields.Bytes(), file);
        var byChannel = new Dictionary<ushort, ulong>();
        while (counts.Left > 0)
        {
            var channel = counts.UInt16();
            byChannel[channel] = counts.UInt64();
        }

        return new McapStatistics(messages, channels, byChannel);
    }
}
