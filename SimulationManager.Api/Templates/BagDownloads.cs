using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>Bags as one file of a wanted storage: as it was sent where it is such a file, else written anew.</summary>
public sealed class BagDownloads(BundleStore store, BagConversions conversions, UploadSpool spool)
{
    private const string ContentType = "application/octet-stream";

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

        // Until the client has the file.
        response.RegisterForDispose(await conversions.EnterAsync(cancellationToken));
        var folder = spool.Open();
        response.RegisterForDispose(folder);
        var converted = await conversions.WriteAsync([template], format, folder, problem => Refuse.Conflict(Messages.BagNotConverted, problem), cancellationToken);
        var name = files[0].FileName[..^BundleFileName.EndingOf(files[0].FileName).Length];
        return TypedResults.PhysicalFile(converted, ContentType, name + Path.GetExtension(converted));
    }

    private static string IdentifierOf(BagStorageFormat format) => format == BagStorageFormat.Mcap ? "mcap" : "sqlite3";
}
