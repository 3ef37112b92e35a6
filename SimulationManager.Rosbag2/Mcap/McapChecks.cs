using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using SimulationManager.Rosbag2.Inspection;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Mcap;

/// <summary>What is odd about an MCAP file although its messages can be read: its end, its summary, its checksums.</summary>
internal static class McapChecks
{
    private const int BlockBytes = 1024 * 1024;

    public static IEnumerable<BagFinding> Run(McapStorage storage, FileScan scan, CancellationToken cancellationToken)
    {
        var (layout, name) = (storage.Layout, scan.File.Name);
        if (layout.IsCut)
        {
            yield return new BagFinding(BagFindingCode.FileCutOff, Invariant(
                $"'{name}' ends before its footer, as after a crash of the recorder or an upload that was cut off; its {scan.MessageCount} messages up to the cut are read."), name);
        }

        if (DisagreementOf(layout, scan) is { } disagreement)
            yield return new BagFinding(BagFindingCode.SummaryDisagrees, $"The summary of '{name}' says {disagreement}. The messages are used.", name);
        foreach (var part in WrongChecksums(storage.Path, layout, cancellationToken))
        {
            yield return new BagFinding(BagFindingCode.ChecksumDisagrees,
                $"The checksum of {part} of '{name}' is wrong. Messages in chunks with checksums of their own are right; of the rest nothing is known. Send the file again if you can.", name);
        }
    }

    private static string? DisagreementOf(McapLayout layout, FileScan scan)
    {
        if (layout.Statistics is { } statistics)
        {
            if (statistics.MessageCount != (ulong)scan.MessageCount)
                return Invariant($"{statistics.MessageCount} messages; there are {scan.MessageCount}");
            foreach (var topic in scan.File.Storage.Topics.GroupBy(entry => scan.File.Topics[entry.Id], entry => statistics.MessageCounts.GetValueOrDefault((ushort)entry.Id)))
            {
                var claimed = topic.Aggregate(0UL, (sum, count) => unchecked(sum + count));
                if (statistics.MessageCounts.Count > 0 && claimed != (ulong)scan.CountOf(topic.Key))
                    return Invariant($"{claimed} messages on a topic that has {scan.CountOf(topic.Key)}");
            }
        }

        return layout.ChunkIndexCount > 0 && layout.ChunkIndexCount != layout.ChunkCount
            ? Invariant($"{layout.ChunkIndexCount} chunks; there are {layout.ChunkCount}")
            : null;
    }

    private static IEnumerable<string> WrongChecksums(string path, McapLayout layout, CancellationToken cancellationToken)
    {
        using var file = StorageHandle.Open(path);
        if (layout.DataCrc != 0 && Crc(file, path, 0, layout.DataEnd, cancellationToken) != layout.DataCrc)
            yield return "the data section";
        if (layout.SummaryCrc != 0 && layout.SummaryStart > 0
            && Crc(file, path, layout.SummaryStart, layout.SummaryEnd, cancellationToken) != layout.SummaryCrc)
        {
            yield return "the summary";
        }

        var stored = new byte[sizeof(uint)];
        foreach (var attachment in layout.Attachments)
        {
            StorageHandle.ReadExactly(file, stored, attachment.CrcPosition, Path.GetFileName(path));
            var crc = BinaryPrimitives.ReadUInt32LittleEndian(stored);
            if (crc != 0 && Crc(file, path, attachment.RecordPosition, attachment.CrcPosition, cancellationToken) != crc)
                yield return $"the attachment '{attachment.Name}'";
        }
    }

    private static uint Crc(SafeFileHandle file, string path, long start, long end, CancellationToken cancellationToken)
    {
        var crc = new Crc32();
        var block = new byte[(int)Math.Min(BlockBytes, end - start)];
        while (start < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = block.AsSpan(0, (int)Math.Min(block.Length, end - start));
            StorageHandle.ReadExactly(file, part, start, Path.GetFileName(path));
            crc.Append(part);
            start += part.Length;
        }

        return crc.GetCurrentHashAsUInt32();
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
