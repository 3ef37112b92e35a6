using Microsoft.Win32.SafeHandles;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>
/// Finds out what a file is made of by walking its records from the front, chunks by their heads alone. The summary is not
/// asked where chunks are: a file without one, or without its end, is found out in the same way. Only what the heads do not
/// say (channels that no summary lists, times that a chunk does not tell) is looked up inside the chunks.
/// </summary>
internal sealed class McapLayoutReader
{
    private const int MaxSegments = 1_000_000;
    private const int MaxSideRecords = 65_536;
    private const int MaxLooseBytes = 1024 * 1024;
    private const int AttachmentHeadBytes = 64 * 1024;

    private readonly McapRecords _records;
    private readonly string _name;
    private readonly BagOpenOptions _options;
    private readonly McapLayout _layout;
    private readonly HashSet<ushort> _indexedChannels = [];
    private readonly List<int> _untimedSegments = [];
    private bool _inSummary;
    private int _summaryChannels;
    private long _sideBytes;
    private bool _looseIsOpen;

    private McapLayoutReader(SafeFileHandle file, string name, BagOpenOptions options)
    {
        _records = new McapRecords(file, name);
        _name = name;
        _options = options;
        _layout = new McapLayout(name);
    }

    /// <exception cref="BagFormatException">The file is damaged, or has something that cannot be read.</exception>
    public static McapLayout Read(string path, BagOpenOptions options, CancellationToken cancellationToken)
    {
        using var file = StorageHandle.Open(path);
        var reader = new McapLayoutReader(file, Path.GetFileName(path), options);
        reader.WalkRecords(file, cancellationToken);
        if (reader.SegmentsToOpen() is { Count: > 0 } segments)
            SegmentContents.Read(path, reader._layout, segments, options, cancellationToken);
        return reader._layout;
    }

    private void WalkRecords(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var footer = false;
        for (var count = 0L; !footer && _records.MoveNext(); count++)
        {
            if ((count & 0xFFFF) == 0)
                cancellationToken.ThrowIfCancellationRequested();
            footer = _records.Opcode == McapOpcode.Footer;
            TakeRecord();
        }

        Span<byte> end = stackalloc byte[McapFormat.Magic.Length];
        var hasMagic = _records.FileLength >= 2 * end.Length;
        if (hasMagic)
            StorageHandle.ReadExactly(file, end, _records.FileLength - end.Length, _name);
        hasMagic &= end.SequenceEqual(McapFormat.Magic);
        _layout.IsCut = !footer || !hasMagic;
        // A file that has its end but no way to it is not cut off: something before it is wrong.
        if (!footer && hasMagic)
            throw Damaged($"the records from byte {_records.Position} on do not lead to the end of the file");
        if (_records.IsCut && _records.Opcode == McapOpcode.Chunk)
            AddChunk();
    }

    private void TakeRecord()
    {
        switch (_records.Opcode)
        {
            case 0:
                throw Damaged($"there is no record at byte {_records.Position}");
            case McapOpcode.Schema:
                _layout.Catalog.AddSchema(_records.Text());
                break;
            case McapOpcode.Channel:
                _layout.Catalog.AddChannel(_records.Text());
                _summaryChannels += _inSummary ? 1 : 0;
                break;
            case McapOpcode.Message:
                AddLooseMessage();
                break;
            case McapOpcode.Chunk:
                AddChunk();
                break;
            case McapOpcode.MessageIndex:
                TakeMessageIndex();
                break;
            case McapOpcode.Attachment:
                AddAttachment();
                break;
            case McapOpcode.Metadata:
                AddMetadata();
                break;
            default:
                TakeSummaryRecord();
                break;
        }
    }

    private void TakeSummaryRecord()
    {
        switch (_records.Opcode)
        {
            case McapOpcode.DataEnd:
                (_inSummary, _looseIsOpen) = (true, false);
                _layout.DataEnd = _records.Position;
                _layout.DataCrc = new McapFields(_records.Content(sizeof(uint)), _name).UInt32();
                break;
            case McapOpcode.ChunkIndex:
                _layout.ChunkIndexCount++;
                break;
            case McapOpcode.Statistics:
                _layout.Statistics = McapStatistics.Read(_records.Text(), _name);
                break;
            case McapOpcode.Footer:
                var fields = new McapFields(_records.Content(20), _name);
                var start = fields.UInt64();
                fields.UInt64();
                _layout.SummaryCrc = fields.UInt32();
                _layout.SummaryStart = start <= (ulong)_records.Position ? (long)start : 0;
                // The checksum covers all but itself.
                _layout.SummaryEnd = _records.ContentPosition + 16;
                break;
        }
    }

    /// <summary>Where the channels of all messages are not known, every chunk; else those whose times are not.</summary>
    private List<int> SegmentsToOpen()
    {
        var channelsAreKnown = !_layout.IsCut && _summaryChannels > 0
            && (_layout.Statistics is not { } statistics || statistics.ChannelCount <= _layout.Catalog.ChannelCount)
            && _indexedChannels.All(_layout.Catalog.HasChannel);
        return channelsAreKnown
            ? _untimedSegments
            : [.. Enumerable.Range(0, _layout.Segments.Count).Where(index => _layout.Segments[index].IsChunk)];
    }

    private void TakeMessageIndex()
    {
        var fields = new McapFields(_records.Content(6), _name);
        var channel = fields.UInt16();
        if (fields.UInt32() > 0)
            _indexedChannels.Add(channel);
    }

    private void AddChunk()
    {
        _looseIsOpen = false;
        _layout.ChunkCount++;
        if (ChunkHead.Read(_records, _name, _options) is not { Bytes: > 0, StoredBytes: > 0 } head)
            return;
        if (!head.HasTimes || _records.IsCut)
            _untimedSegments.Add(_layout.Segments.Count);
        Add(new McapSegment
        {
            Position = head.Position,
            StoredBytes = head.StoredBytes,
            Bytes = head.Bytes,
            Compression = head.Compression,
            Crc = head.Crc,
            IsCut = _records.IsCut,
            IsChunk = true,
            FirstNs = head.FirstNs,
            LastNs = head.LastNs,
        });
    }

    /// <summary>Messages outside of chunks are read in stretches, together with the small records between them.</summary>
    private void AddLooseMessage()
    {
        if (_records.ContentLength < McapFormat.MessageHeadBytes)
            throw Damaged($"the message at byte {_records.Position} has no times");
        if (_records.ContentLength - McapFormat.MessageHeadBytes > _options.MaxMessageBytes)
        {
            throw new BagFormatException(BagError.TooLarge,
                $"{_name} holds a message that is larger than the limit. Raise {nameof(BagOpenOptions)}.{nameof(BagOpenOptions.MaxMessageBytes)} if the bag is trusted.", _name);
        }

        var fields = new McapFields(_records.Content(14), _name);
        fields.UInt16();
        fields.UInt32();
        var time = fields.Time();
        if (_looseIsOpen && _records.End - _layout.Segments[^1].Position <= MaxLooseBytes)
        {
            var open = _layout.Segments[^1];
            var bytes = (int)(_records.End - open.Position);
            _layout.Segments[^1] = open with { StoredBytes = bytes, Bytes = bytes, FirstNs = Math.Min(open.FirstNs, time), LastNs = Math.Max(open.LastNs, time) };
            return;
        }

        var length = (int)(_records.End - _records.Position);
        Add(new McapSegment
        {
            Position = _records.Position,
            StoredBytes = length,
            Bytes = length,
            Compression = McapCompression.None,
            FirstNs = time,
            LastNs = time,
        });
        _looseIsOpen = true;
    }

    private void Add(McapSegment segment)
    {
        if (_layout.Segments.Count == MaxSegments)
            throw new BagFormatException(BagError.TooLarge, $"{_name} holds more than {MaxSegments} chunks. Write larger ones with 'mcap compress --chunk-size'.", _name);
        _layout.Segments.Add(segment);
    }

    private void AddAttachment()
    {
        _looseIsOpen = false;
        CountSideRecord(0);
        var head = _records.Content(AttachmentHeadBytes);
        var fields = new McapFields(head, _name);
        var (logged, created, name, mediaType, size) = (fields.Time(), fields.Time(), fields.Text(), fields.Text(), fields.UInt64());
        var offset = head.Length - fields.Left;
        if (_records.ContentLength - offset < sizeof(uint) || size > (ulong)(_records.ContentLength - offset - sizeof(uint)))
            throw Damaged($"the attachment at byte {_records.Position} is shorter than its content");
        var end = _records.ContentPosition + offset + (long)size;
        _layout.Attachments.Add(new BagAttachment
        {
            Name = name,
            MediaType = mediaType,
            LogTimeNs = logged,
            CreatedNs = created,
            SizeBytes = (long)size,
            Position = end - (long)size,
            RecordPosition = _records.ContentPosition,
            CrcPosition = end,
        });
    }

    private void AddMetadata()
    {
        var content = _records.Text();
        CountSideRecord(content.Length);
        var fields = new McapFields(content, _name);
        _layout.MetadataRecords.Add(new BagMetadataRecord(fields.Text(), fields.Map()));
    }

    private void CountSideRecord(int bytes)
    {
        _sideBytes += bytes;
        if (_layout.Attachments.Count + _layout.MetadataRecords.Count >= MaxSideRecords || _sideBytes > 4L * McapFormat.MaxTextBytes)
            throw new BagFormatException(BagError.TooLarge, $"{_name} holds more attachments or metadata records than can be read ({MaxSideRecords}, {4L * McapFormat.MaxTextBytes} bytes).", _name);
    }

    private BagFormatException Damaged(string problem) =>
        new(BagError.StorageCorrupt, $"{_name} is damaged: {problem}. Send the whole file again, or recover it with 'mcap recover'.", _name);
}
