using System.Globalization;
using SimulationManager.Rosbag2.Bundles;

namespace SimulationManager.Rosbag2.Inspection;

/// <summary>What the metadata claims against what the storage files hold.</summary>
internal static class MetadataChecks
{
    public static IEnumerable<BagFinding> Run(BagMetadata metadata, BagReader bag, BagInfo info) =>
        [.. CheckTotals(metadata, info), .. CheckTopics(metadata, info), .. CheckFiles(metadata, info), .. CheckStorage(metadata, bag)];

    private static IEnumerable<BagFinding> CheckTotals(BagMetadata metadata, BagInfo info)
    {
        if (metadata.MessageCount != info.MessageCount)
            yield return Claim(BagFindingCode.MessageCountDisagrees, "messages", metadata.MessageCount, info.MessageCount);
        if (metadata.DurationNs != info.DurationNs)
            yield return Claim(BagFindingCode.DurationDisagrees, "nanoseconds of duration", metadata.DurationNs, info.DurationNs);
        if (metadata.StartingTimeNs == BagMetadata.NoStartingTime)
        {
            yield return new BagFinding(BagFindingCode.StartingTimeSentinel,
                "The starting time of metadata.yaml is the int64 maximum, which rosbag2 writes for a bag without messages.");
        }

        if (metadata.StartingTimeNs != (info.StartNs ?? BagMetadata.NoStartingTime))
            yield return Claim(BagFindingCode.StartingTimeDisagrees, "as starting time", metadata.StartingTimeNs, info.StartNs ?? BagMetadata.NoStartingTime);
    }

    private static IEnumerable<BagFinding> CheckTopics(BagMetadata metadata, BagInfo info)
    {
        var inFiles = info.Topics.ToDictionary(topic => topic.Topic.Name);
        foreach (var (claimed, count) in metadata.Topics)
        {
            if (!inFiles.TryGetValue(claimed.Name, out var found))
            {
                yield return new BagFinding(BagFindingCode.TopicNotInFiles, $"metadata.yaml lists the topic '{claimed.Name}', which no storage file has.", claimed.Name);
                continue;
            }

            if (count != found.MessageCount)
                yield return Claim(BagFindingCode.TopicCountDisagrees, $"messages on '{claimed.Name}'", count, found.MessageCount, claimed.Name);
            if (claimed.Type != found.Topic.Type)
            {
                yield return new BagFinding(BagFindingCode.TopicTypeDisagrees,
                    $"The topic '{claimed.Name}' has the type '{claimed.Type}' in metadata.yaml and '{found.Topic.Type}' in the files.", claimed.Name);
            }

            var (qos, storedQos) = (QosProfile.TryParseList(claimed.OfferedQosProfiles), QosProfile.TryParseList(found.Topic.OfferedQosProfiles));
            if (qos is null && storedQos is not null)
                yield return new BagFinding(BagFindingCode.TopicQosUnreadable, $"The quality of service profiles of '{claimed.Name}' in metadata.yaml cannot be read.", claimed.Name);
            // Metadata before version 4 has no profiles, which is no disagreement.
            if (claimed.OfferedQosProfiles.Length > 0 && qos is not null && !(storedQos ?? []).Select(Normalized).SequenceEqual(qos.Select(Normalized)))
            {
                yield return new BagFinding(BagFindingCode.TopicQosDisagrees,
                    $"The topic '{claimed.Name}' has other quality of service profiles in metadata.yaml than in the files.", claimed.Name);
            }
        }

        foreach (var name in inFiles.Keys.Except(metadata.Topics.Select(topic => topic.Topic.Name)))
            yield return new BagFinding(BagFindingCode.TopicNotInMetadata, $"The topic '{name}' is not listed in metadata.yaml.", name);
    }

    private static IEnumerable<BagFinding> CheckFiles(BagMetadata metadata, BagInfo info)
    {
        var files = info.Files.ToDictionary(file => StorageFileName.Plain(file.Name));
        foreach (var claimed in metadata.Files)
        {
            if (!files.TryGetValue(StorageFileName.Plain(claimed.Path), out var found))
                continue; // Said already: a missing file.
            var start = found.FirstNs ?? BagMetadata.NoStartingTime;
            var duration = found.FirstNs is { } first ? TimeSpanNs.Between(first, found.LastNs!.Value) : 0;
            if ((claimed.MessageCount, claimed.StartingTimeNs, claimed.DurationNs) != (found.MessageCount, start, duration))
            {
                yield return new BagFinding(BagFindingCode.FileDetailsDisagree, Invariant(
                    $"metadata.yaml says of '{claimed.Path}': {claimed.MessageCount} messages from {claimed.StartingTimeNs} ns over {claimed.DurationNs} ns; it has {found.MessageCount} from {start} ns over {duration} ns."), claimed.Path);
            }
        }
    }

    private static IEnumerable<BagFinding> CheckStorage(BagMetadata metadata, BagReader bag)
    {
        if (metadata.StorageIdentifier != bag.StorageIdentifier)
        {
            yield return new BagFinding(BagFindingCode.StorageDisagrees,
                $"metadata.yaml names {(metadata.StorageIdentifier.Length == 0 ? "no storage" : $"the storage '{metadata.StorageIdentifier}'")}; the files are {bag.StorageIdentifier}.");
        }

        if (bag.Files.Count > 0 && metadata.Compression != bag.Compression)
        {
            yield return new BagFinding(BagFindingCode.CompressionDisagrees,
                $"metadata.yaml names the compression mode {metadata.Compression}; the files have {bag.Compression}.");
        }
    }

    private static QosProfile Normalized(QosProfile profile) => profile with
    {
        Deadline = Normalized(profile.Deadline),
        Lifespan = Normalized(profile.Lifespan),
        LivelinessLeaseDuration = Normalized(profile.LivelinessLeaseDuration),
    };

    private static QosDuration Normalized(QosDuration duration) => duration.IsInfinite ? QosDuration.Infinite : duration;

    private static BagFinding Claim(BagFindingCode code, string what, long claimed, long found, string? subject = null) =>
        new(code, Invariant($"metadata.yaml says {claimed} {what}; the files have {found}. The files are used."), subject);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
