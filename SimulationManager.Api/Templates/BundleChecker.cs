using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>Opens a bundle and checks it before anything of it is kept.</summary>
public sealed class BundleChecker(IOptions<UploadOptions> options)
{
    /// <summary>Name of the metadata that is made for a bag which has none.</summary>
    private const string MetadataName = "metadata.yaml";

    /// <summary>Name of the index, which is no name of a file of a bag.</summary>
    private const string IndexName = "index";

    /// <summary>Largest metadata file in bytes; a real one has a few kilobytes.</summary>
    private const long MaxMetadataBytes = 16 * 1024 * 1024;

    /// <summary>Checks the files, and makes the metadata when there is none.</summary>
    /// <exception cref="RefusalException">They are not a bag (400).</exception>
    public Task<CheckedBundle> CheckAsync(
        SpooledFile? metadata, IReadOnlyList<SpooledFile> bags, SpoolFolder folder, CancellationToken cancellationToken) =>
        // Walking gigabytes of messages is synchronous work: it has a thread of its own.
        Task.Factory.StartNew(
            () => Check(metadata, bags, folder, cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The topics that are played: those asked for, or all; each must be in the bag.</summary>
    /// <exception cref="RefusalException">One is not (400).</exception>
    public static List<string> TopicsOf(TemplateBag bag, IReadOnlyList<string>? wanted)
    {
        if (wanted is null) return [.. bag.Topics.Select(topic => topic.Name)];
        if (wanted.Count == 0) throw Refuse.Invalid("topics", Messages.FieldBlank);
        var names = bag.Topics.Select(topic => topic.Name).ToHashSet();
        var unknown = wanted.Where(topic => !names.Contains(topic)).ToArray();
        return unknown.Length == 0
            ? [.. wanted]
            : throw Refuse.Invalid("topics", Messages.TopicsUnknown, string.Join(", ", unknown), string.Join(", ", names));
    }

    private CheckedBundle Check(SpooledFile? metadata, IReadOnlyList<SpooledFile> sent, SpoolFolder folder, CancellationToken cancellationToken)
    {
        using var activity = ApiTelemetry.Activities.StartActivity("check bundle");
        activity?.SetTag("bundle.files", sent.Count).SetTag("bundle.size", sent.Sum(file => file.Size));
        if (metadata is { Size: > MaxMetadataBytes }) throw Refuse.Invalid("metadata_file", Messages.FileNotReadable, metadata.FileName);
        var limits = new BagOpenOptions { MaxDecompressedFileBytes = options.Value.MaxDecompressedFileBytes, DecompressionFolder = folder.FileAt(".unpacked") };
        try
        {
            var (bags, applied) = SentLogs.Apply(sent);
            var bundle = BagBundle.FromFiles([.. bags.Select(file => file.Path)], metadata?.Path);
            var inspection = BagVerifier.Verify(bundle, limits, cancellationToken);
            RefuseUnreadable(inspection, folder);
            var played = bundle.Files.Select(file => file.Name);
            if (metadata is null) (metadata, played) = MakeMetadata(folder, limits, cancellationToken);
            var byName = bags.ToDictionary(file => file.FileName);
            return new CheckedBundle(metadata, [.. played.Select(name => byName[name])], MakeIndex(metadata, bags, folder, limits, cancellationToken), Summarize(inspection, applied));
        }
        catch (BagFormatException exception)
        {
            throw Refuse.Invalid(FieldOf(exception), Messages.BagRefused, Shown(exception.Message, folder));
        }
    }

    private static (SpooledFile Metadata, IEnumerable<string> Played) MakeMetadata(SpoolFolder folder, BagOpenOptions limits, CancellationToken cancellationToken)
    {
        var made = BagReindexer.Reindex(folder.Path, overwrite: false, limits, cancellationToken);
        var path = folder.FileAt(MetadataName);
        return (new SpooledFile(MetadataName, path, new FileInfo(path).Length), made.RelativeFilePaths);
    }

    private SpooledFile? MakeIndex(SpooledFile metadata, IReadOnlyList<SpooledFile> bags, SpoolFolder folder, BagOpenOptions limits, CancellationToken cancellationToken)
    {
        if (bags.Sum(file => file.Size) < options.Value.IndexFromBytes) return null;
        var path = folder.FileAt(IndexName);
        using var bag = BagReader.Open(BagBundle.FromFiles([.. bags.Select(file => file.Path)], metadata.Path), limits, cancellationToken);
        BagIndex.Write(bag, path, cancellationToken);
        return new SpooledFile(IndexName, path, new FileInfo(path).Length);
    }

    /// <summary>An unreadable file is an error anywhere; in an upload so is a file that the metadata does not list.</summary>
    private static void RefuseUnreadable(BagInspection inspection, SpoolFolder folder)
    {
        FieldProblem[] problems =
        [
            .. inspection.Findings
                .Where(finding => finding.Severity == BagFindingSeverity.Error || finding.Code == BagFindingCode.FileUnlisted)
                .Select(finding => new FieldProblem("db_file", Messages.BagRefused, Shown(finding.Message, folder))),
        ];
        if (problems.Length > 0) throw Refuse.Invalid(problems);
    }

    private static TemplateBag Summarize(BagInspection inspection, IReadOnlyList<BagFinding> applied)
    {
        var info = inspection.Info!;
        return new TemplateBag
        {
            StorageIdentifier = info.StorageIdentifier,
            StorageSchemaVersion = info.SchemaVersion,
            MetadataVersion = info.MetadataVersion,
            RosDistro = info.RosDistro,
            Compression = info.Compression.ToString().ToLowerInvariant(),
            SizeBytes = info.SizeBytes,
            MessageCount = info.MessageCount,
            StartNanoseconds = info.StartNs,
            DurationNanoseconds = info.DurationNs,
            Topics = [.. info.Topics.Select(topic => new TemplateBagTopic(topic.Topic.Name, topic.Topic.Type, topic.MessageCount, topic.RateHz, topic.TotalBytes))],
            Files = [.. info.Files.Select(file => new TemplateBagFile(file.Name, file.SizeBytes, file.MessageCount))],
            Warnings =
            [
                .. applied.Concat(inspection.Findings).Select(finding => finding.Code == BagFindingCode.MetadataMissing
                    ? MetadataMade
                    : new TemplateBagWarning(finding.Code.ToString(), finding.Message, finding.Subject)),
                .. UndefinedTypes(info),
            ],
        };
    }

    /// <summary>Topics of which agents can publish nothing but what was recorded: better known before a run than from its warnings.</summary>
    private static IEnumerable<TemplateBagWarning> UndefinedTypes(BagInfo info)
    {
        var topics = info.Topics.Select(topic => topic.Topic).ToArray();
        return topics.Zip(RecordedType.Of(info.RosDistro, topics, info.MessageDefinitions))
            .Where(topic => topic.Second.Problem is not null)
            .Select(topic => new TemplateBagWarning("TypeUndefined", $"{topic.First.Name}: {topic.Second.Problem}; agents publish it as recorded, with no stamps, names or poses changed, and not as JSON or CBOR", null));
    }

    private static TemplateBagWarning MetadataMade { get; } = new(
        nameof(BagFindingCode.MetadataMissing), "The bag was sent without metadata.yaml; it was made from the storage files.", null);

    private static string FieldOf(BagFormatException exception) =>
        exception.Error is BagError.MetadataUnreadable or BagError.MetadataVersionUnsupported or BagError.UnsafePath or BagError.StorageUnsupported
            ? "metadata_file"
            : "db_file";

    /// <summary>Where we keep uploads is no client's business.</summary>
    private static string Shown(string message, SpoolFolder folder) =>
        message.Replace(folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace(folder.Path, "upload", StringComparison.Ordinal);
}

/// <summary>A bundle that is a good bag.</summary>
/// <param name="Metadata">Its metadata, sent or made.</param>
/// <param name="Bags">Its storage files in playing order.</param>
/// <param name="Index">Its index; null for one that is small.</param>
/// <param name="Bag">What is in it.</param>
public sealed record CheckedBundle(SpooledFile Metadata, IReadOnlyList<SpooledFile> Bags, SpooledFile? Index, TemplateBag Bag);
