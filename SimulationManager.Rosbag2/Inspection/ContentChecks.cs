using System.Globalization;
using SimulationManager.Rosbag2.Storage;

namespace SimulationManager.Rosbag2.Inspection;

/// <summary>What is odd about the contents of the storage files, whatever the metadata says.</summary>
internal static class ContentChecks
{
    public static IEnumerable<BagFinding> Run(BagReader bag, BagInfo info, IReadOnlyList<FileScan> scans, CancellationToken cancellationToken) =>
    [
        .. CheckTopics(info), .. CheckTypes(bag), .. CheckCompression(bag), .. CheckFiles(info, scans, cancellationToken),
        .. CheckTimes(bag, info, scans), .. JournalChecks.Missing(bag, info),
    ];

    private static IEnumerable<BagFinding> CheckTopics(BagInfo info)
    {
        if (info.MessageCount == 0)
            yield return new BagFinding(BagFindingCode.BagEmpty, "The bag has no message; a replay of it ends at once.");
        foreach (var (topic, count) in info.Topics.Select(topic => (topic.Topic, topic.MessageCount)))
        {
            if (count == 0)
                yield return new BagFinding(BagFindingCode.TopicEmpty, $"The topic '{topic.Name}' has no message.", topic.Name);
            if (!topic.NameIsUtf8)
            {
                yield return new BagFinding(BagFindingCode.TopicNameNotUtf8,
                    $"The name of the topic '{topic.Name}' is not UTF-8; it is read as Latin-1, a letter per byte.", topic.Name);
            }

            if (!topic.Name.StartsWith('/'))
                yield return new BagFinding(BagFindingCode.TopicNameWithoutSlash, $"The topic '{topic.Name}' has no leading slash.", topic.Name);
            // Outside of ROS, which MCAP serves too, types are named otherwise.
            if ((topic.SerializationFormat == "cdr" || info.StorageIdentifier != BagStorage.Mcap) && topic.Type.Count(letter => letter == '/') != 2)
            {
                yield return new BagFinding(BagFindingCode.TypeNameWithoutMsg,
                    $"The type '{topic.Type}' of the topic '{topic.Name}' is not written as package/msg/Type.", topic.Name);
            }

            if (topic.SerializationFormat != "cdr")
            {
                yield return new BagFinding(BagFindingCode.SerializationNotCdr,
                    $"The topic '{topic.Name}' is serialized as '{topic.SerializationFormat}', not cdr.", topic.Name);
            }

            if (QosProfile.TryParseList(topic.OfferedQosProfiles) is null)
                yield return new BagFinding(BagFindingCode.TopicQosUnreadable, $"The quality of service profiles of '{topic.Name}' cannot be read.", topic.Name);
        }
    }

    private static IEnumerable<BagFinding> CheckTypes(BagReader bag) => bag.TypeConflicts.Select(conflict => new BagFinding(
        BagFindingCode.TopicTypeDisagrees,
        $"The topic '{conflict.First.Name}' has the type '{conflict.First.Type}' and the type '{conflict.OtherType}'; messages of both are read.", conflict.First.Name));

    private static IEnumerable<BagFinding> CheckCompression(BagReader bag) => bag.Files
        .Where(file => bag.Compression == BagCompression.File && !file.IsCompressed)
        .Select(file => new BagFinding(BagFindingCode.CompressionDisagrees, $"'{file.Name}' is not compressed, as other files of the bag are; it is read as it is.", file.Name));

    private static IEnumerable<BagFinding> CheckFiles(BagInfo info, IReadOnlyList<FileScan> scans, CancellationToken cancellationToken)
    {
        foreach (var scan in scans)
        {
            var name = scan.File.Name;
            if (scan.MessageCount == 0 && info.MessageCount > 0)
                yield return new BagFinding(BagFindingCode.FileEmpty, $"'{name}' has no message.", name);
            if (scan.Orphans > 0)
                yield return new BagFinding(BagFindingCode.OrphanMessages, Invariant($"{scan.Orphans} messages in '{name}' belong to no topic and are not read."), name);
            if (scan.PlainMessages > 0)
            {
                yield return new BagFinding(BagFindingCode.CompressionDisagrees, Invariant(
                    $"{scan.PlainMessages} messages in '{name}' (the first is message {scan.FirstPlainRowId}) are not compressed, although those of the bag are; they are read as they are."), name);
            }

            foreach (var finding in scan.File.Storage.Check(scan, cancellationToken))
                yield return finding;
        }
    }

    private static IEnumerable<BagFinding> CheckTimes(BagReader bag, BagInfo info, IReadOnlyList<FileScan> scans)
    {
        foreach (var scan in scans)
        {
            var name = scan.File.Name;
            if (scan.Backwards > 0)
                yield return new BagFinding(BagFindingCode.TimestampsOutOfOrder, Invariant($"In '{name}', {scan.Backwards} messages are older than the one stored before them; they are read sorted by time."), name);
            if (scan.Negative > 0)
                yield return new BagFinding(BagFindingCode.TimestampsNegative, Invariant($"In '{name}', {scan.Negative} messages have a time before 1970."), name);
            if (scan.LongestGapNs > FileScan.JumpNs)
                yield return Jump(info, name, scan.LongestGapNs, scan.LongestGapEndNs);
        }

        BagReaderFile? previous = null;
        foreach (var file in bag.Files.Where(file => file.FirstNs is not null).OrderBy(file => file.FirstNs))
        {
            if (previous is not null && file.FirstNs <= previous.LastNs)
                yield return new BagFinding(BagFindingCode.FilesOverlap, $"'{file.Name}' starts before '{previous.Name}' ends; their messages are merged by time.", file.Name);
            else if (previous is not null && TimeSpanNs.Between(previous.LastNs!.Value, file.FirstNs!.Value) > FileScan.JumpNs)
                yield return Jump(info, file.Name, TimeSpanNs.Between(previous.LastNs.Value, file.FirstNs.Value), file.FirstNs.Value);
            previous = previous is null || file.LastNs > previous.LastNs ? file : previous;
        }
    }

    /// <summary>Whole seconds, rounded down: what comes after the jump is played from its first message.</summary>
    private static BagFinding Jump(BagInfo info, string file, long gapNs, long endNs) => new(BagFindingCode.TimestampJump, Invariant(
        $"In or before '{file}' the time jumps ahead by {gapNs / 86_400e9:0.0} days; a replay at rate 1 waits that long. What comes after begins {TimeSpanNs.Between(info.StartNs ?? endNs, endNs) / 1_000_000_000} seconds from the start of the bag: start or seek there ('startOffset', 'ros2 bag play --start-offset') to go past the jump."), file);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
