using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>Writes stored bags anew on the scratch disk, a few at once.</summary>
public sealed class BagConversions(BundleStore store, IOptions<UploadOptions> options) : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _slots = new(options.Value.MaxConversions);

    /// <summary>Waits until a bag may be converted. Dispose the answer once what was written is gone: it takes up the disk as well.</summary>
    /// <exception cref="RefusalException">Too many are being converted (503).</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken) =>
        await _slots.WaitAsync(LongestWait, cancellationToken) ? new Slot(_slots) : throw Refuse.Unavailable(Messages.ConversionsBusy);

    /// <summary>Writes the bags of templates as one file, merged in time.</summary>
    /// <param name="templates">The templates, at least one.</param>
    /// <param name="format">The storage of the file.</param>
    /// <param name="folder">Where.</param>
    /// <param name="refuse">What to refuse with when they cannot be written as one, for a reason in English.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The file; its metadata.yaml lies beside it.</returns>
    /// <exception cref="BundleNotFoundException">A file is gone from storage.</exception>
    public async Task<string> WriteAsync(
        IReadOnlyList<Template> templates, BagStorageFormat format, SpoolFolder folder, Func<string, RefusalException> refuse, CancellationToken cancellationToken)
    {
        foreach (var template in templates)
        {
            var stored = Directory.CreateDirectory(folder.FileAt(NameOf(template))).FullName;
            foreach (var file in template.Files.Where(file => file.Kind != TemplateFileKind.Index))
            {
                var name = file.Kind == TemplateFileKind.Metadata ? BagMetadataReader.FileName : file.FileName;
                await store.DownloadAsync(file.ObjectKey, Path.Combine(stored, name), cancellationToken);
            }
        }

        // Reading and writing gigabytes is synchronous work: it has a thread of its own.
        return await Task.Factory.StartNew(
            () => Write(templates, format, folder, refuse, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Dispose() => _slots.Dispose();

    private string Write(
        IReadOnlyList<Template> templates, BagStorageFormat format, SpoolFolder folder, Func<string, RefusalException> refuse, CancellationToken cancellationToken)
    {
        using var activity = ApiTelemetry.Activities.StartActivity("convert bag");
        var sources = templates.Select(template => folder.FileAt(NameOf(template))).ToList();
        var (target, unpacked) = (folder.FileAt("converted"), folder.FileAt("unpacked"));
        List<BagReader> bags = [];
        try
        {
            foreach (var source in sources)
            {
                var limits = new BagOpenOptions { MaxDecompressedFileBytes = options.Value.MaxDecompressedFileBytes, DecompressionFolder = Path.Combine(unpacked, Path.GetFileName(source)) };
                bags.Add(BagReader.Open(source, limits, cancellationToken));
            }

            var conversion = BagConverter.Merge(bags, target, new BagWriterOptions { Storage = format }, cancellationToken);
            return Path.Combine(target, conversion.Metadata.RelativeFilePaths.Single());
        }
        catch (BagFormatException exception)
        {
            throw refuse(exception.Message.Replace(folder.Path, "the bag", StringComparison.Ordinal));
        }
        finally
        {
            foreach (var bag in bags) bag.Dispose();
            foreach (var source in (IEnumerable<string>)[.. sources, unpacked])
            {
                if (Directory.Exists(source)) Directory.Delete(source, recursive: true);
            }
        }
    }

    /// <summary>What messages about the bag call it.</summary>
    private static string NameOf(Template template) => $"template-{template.Id}";

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
