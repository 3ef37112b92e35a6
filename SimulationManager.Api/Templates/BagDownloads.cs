using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Telemetry;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>
/// Bags as one file of a wanted storage: as it was sent where it is such a file, else written anew on the scratch disk, a
/// few at once.
/// </summary>
public sealed class BagDownloads(BundleStore store, UploadSpool spool, IOptions<UploadOptions> options) : IDisposable
{
    private const string ContentType = "application/octet-stream";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _slots = new(options.Value.MaxConversions);

    /// <summary>Sends a template's bag.</summary>
    /// <exception cref="RefusalException">It was never inspected (404), cannot be converted (409), or too many are being converted (503).</exception>
    /// <exception cref="BundleNotFoundException">A file of it is gone from storage.</exception>
    public async Task<IResult> OpenAsync(Template template, BagStorageFormat format, HttpResponse response, CancellationToken cancellationToken)
    {
        var bag = template.Bag ?? throw Refuse.NotFound(Messages.BagNotInspected, template.Id);
        var files = template.Files.Where(file => file.Kind == TemplateFileKind.Bag).ToList();
        // Compressed messages cannot be read without metadata.yaml, which one file does not have.
        if (files is [var only] && bag.Compression == "none" && bag.StorageIdentifier == IdentifierOf(format))
        {
            response.ContentLength = only.Size;
            return TypedResults.Stream(body => store.CopyToAsync(only.ObjectKey, body, cancellationToken), ContentType, only.FileName);
        }

        if (!await _slots.WaitAsync(LongestWait, cancellationToken)) throw Refuse.Unavailable(Messages.ConversionsBusy);
        // Until the client has the file: what waits to be sent takes up the disk as well.
        response.RegisterForDispose(new Slot(_slots));
        var folder = spool.Open();
        response.RegisterForDispose(folder);
        var converted = await ConvertAsync(template, format, folder, cancellationToken);
        var name = files[0].FileName[..^BundleFileName.EndingOf(files[0].FileName).Length];
        return TypedResults.PhysicalFile(converted, ContentType, name + Path.GetExtension(converted));
    }

    public void Dispose() => _slots.Dispose();

    private async Task<string> ConvertAsync(Template template, BagStorageFormat format, SpoolFolder folder, CancellationToken cancellationToken)
    {
        var stored = Directory.CreateDirectory(folder.FileAt("stored")).FullName;
        foreach (var file in template.Files)
        {
            var name = file.Kind == TemplateFileKind.Metadata ? BagMetadataReader.FileName : file.FileName;
            await store.DownloadAsync(file.ObjectKey, Path.Combine(stored, name), cancellationToken);
        }

        // Reading and writing gigabytes is synchronous work: it has a thread of its own.
        return await Task.Factory.StartNew(
            () => Convert(stored, format, folder, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private string Convert(string stored, BagStorageFormat format, SpoolFolder folder, CancellationToken cancellationToken)
    {
        using var activity = ApiTelemetry.Activities.StartActivity("convert bag");
        var unpacked = folder.FileAt("unpacked");
        try
        {
            var target = folder.FileAt("converted");
            BagConversion conversion;
            var limits = new BagOpenOptions { MaxDecompressedFileBytes = options.Value.MaxDecompressedFileBytes, DecompressionFolder = unpacked };
            using (var bag = BagReader.Open(stored, limits, cancellationToken))
                conversion = BagConverter.Convert(bag, target, new BagWriterOptions { Storage = format }, cancellationToken);
            Directory.Delete(stored, recursive: true);
            if (Directory.Exists(unpacked)) Directory.Delete(unpacked, recursive: true);
            return Path.Combine(target, conversion.Metadata.RelativeFilePaths.Single());
        }
        catch (BagFormatException exception)
        {
            throw Refuse.Conflict(Messages.BagNotConverted, exception.Message.Replace(folder.Path, "the bag", StringComparison.Ordinal));
        }
    }

    private static string IdentifierOf(BagStorageFormat format) => format == BagStorageFormat.Mcap ? "mcap" : "sqlite3";

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
