using Microsoft.Extensions.Options;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Templates;

/// <summary>
/// Bundles that a browser sends to storage by itself, in parts that may go up at once and be sent again alone. Each part is an
/// object of its own until the upload is completed: every S3-compatible store can do that, and a broken upload is only objects.
/// </summary>
public sealed partial class PartUploads(
    BundleStore store, TemplateService templates, UploadSpool spool, IOptions<UploadOptions> options, TimeProvider time, ILogger<PartUploads> logger)
{
    /// <summary>More parts than this would make the list of addresses itself large.</summary>
    private const int MaxParts = 10_000;

    /// <summary>Begins an upload: says where each part is to be sent.</summary>
    /// <exception cref="RefusalException">The name is taken (409) or the bundle too large (413).</exception>
    public async Task<PartUploadView> StartAsync(PartUploadRequest request, long ownerId, CancellationToken cancellationToken)
    {
        RefuseTooLarge(request.Files!);
        await templates.RefuseTakenNameAsync(request.Name!, exceptId: null, cancellationToken);
        var upload = new PendingUpload
        {
            Id = Guid.NewGuid().ToString("N"),
            OwnerId = ownerId,
            Name = request.Name!,
            Type = request.Type!,
            Description = request.Description!,
            Topics = request.Topics,
            Files = [.. request.Files!.Select(file => new PendingFile(file.Field!, file.FileName!, file.Size!.Value))],
            PartSize = PartSizeFor(request.Files!),
            CreatedAt = time.GetUtcNow(),
        };
        var json = upload.ToBytes();
        await using var content = new MemoryStream(json);
        await store.PutAsync(upload.Key, content, json.Length, "application/json", cancellationToken);
        return await ViewOfAsync(upload, cancellationToken);
    }

    /// <summary>How far an upload has come, with fresh addresses for the parts that are not there.</summary>
    /// <exception cref="RefusalException">There is no such upload of this user (404).</exception>
    public async Task<PartUploadView> GetAsync(string id, long userId, CancellationToken cancellationToken) =>
        await ViewOfAsync(await FindAsync(id, userId, cancellationToken), cancellationToken);

    /// <summary>Puts the parts together, checks them as a form's files are, and makes a template of them.</summary>
    /// <exception cref="RefusalException">No such upload (404), a part is missing (409), no bag (400), or the name is taken (409).</exception>
    public async Task<Template> CompleteAsync(string id, long userId, CancellationToken cancellationToken)
    {
        var upload = await FindAsync(id, userId, cancellationToken);
        await RefuseMissingPartsAsync(upload, cancellationToken);
        using var folder = spool.Open();
        SpooledFile? metadata = null;
        List<SpooledFile> bags = [];
        foreach (var file in upload.Files.Where(file => !BundleFileName.IsLogIndex(file.FileName)))
        {
            var fetched = await FetchAsync(upload, file, folder, cancellationToken);
            if (file.Field == BundleFileName.MetadataField) metadata = fetched;
            else bags.Add(fetched);
        }

        var template = await templates.CreateAsync(
            new TemplateForm
            {
                Name = upload.Name,
                Type = upload.Type,
                Description = upload.Description,
                Topics = TemplateForm.TopicsOf(upload.Topics),
                Metadata = metadata,
                Bags = bags,
            },
            folder, cancellationToken);
        await RemoveQuietlyAsync(id);
        return template;
    }

    /// <summary>Gives an upload up and removes what was sent of it.</summary>
    /// <exception cref="RefusalException">There is no such upload of this user (404).</exception>
    public async Task DeleteAsync(string id, long userId, CancellationToken cancellationToken)
    {
        await FindAsync(id, userId, cancellationToken);
        await RemoveAsync(id, cancellationToken);
    }

    private async Task<PendingUpload> FindAsync(string id, long userId, CancellationToken cancellationToken)
    {
        if (!PendingUpload.IsId(id)) throw Refuse.NotFound(Messages.UploadNotFound, id);
        using var json = new MemoryStream();
        try
        {
            await store.CopyToAsync(PendingUpload.KeyOf(id), json, cancellationToken);
        }
        catch (BundleNotFoundException)
        {
            throw Refuse.NotFound(Messages.UploadNotFound, id);
        }

        var upload = PendingUpload.FromBytes(json.GetBuffer().AsSpan(0, (int)json.Length));
        return upload.OwnerId == userId ? upload : throw Refuse.NotFound(Messages.UploadNotFound, id);
    }

    private async Task<PartUploadView> ViewOfAsync(PendingUpload upload, CancellationToken cancellationToken)
    {
        var sent = await SentAsync(upload, cancellationToken);
        List<PartUploadFileView> files = [];
        foreach (var file in upload.Files)
        {
            List<PartView> parts = [];
            foreach (var (number, size) in upload.PartsOf(file))
            {
                var key = upload.PartKeyOf(file, number);
                var isUploaded = sent.GetValueOrDefault(key) == size;
                parts.Add(new PartView
                {
                    PartNumber = number,
                    Size = size,
                    IsUploaded = isUploaded,
                    UploadUrl = isUploaded ? null : await store.PresignUploadAsync(key, options.Value.AbandonedAfter),
                });
            }

            files.Add(new PartUploadFileView(file.Field, file.FileName, file.Size, parts));
        }

        return new PartUploadView
        {
            UploadId = upload.Id,
            ExpiresAt = upload.CreatedAt + options.Value.AbandonedAfter,
            PartSize = upload.PartSize,
            Files = files,
        };
    }

    private async Task<Dictionary<string, long>> SentAsync(PendingUpload upload, CancellationToken cancellationToken)
    {
        Dictionary<string, long> sent = new(StringComparer.Ordinal);
        await foreach (var stored in store.ListAsync(PendingUpload.FolderOf(upload.Id), cancellationToken)) sent[stored.Key] = stored.Size;
        return sent;
    }

    private async Task RefuseMissingPartsAsync(PendingUpload upload, CancellationToken cancellationToken)
    {
        var sent = await SentAsync(upload, cancellationToken);
        FieldProblem[] missing =
        [
            .. from file in upload.Files
               from part in upload.PartsOf(file)
               where sent.GetValueOrDefault(upload.PartKeyOf(file, part.Number)) != part.Size
               select new FieldProblem(file.FileName, Messages.PartMissing, part.Number, part.Size),
        ];
        if (missing.Length > 0) throw Refuse.Conflict(Messages.PartsMissing, missing.Length).With(missing);
    }

    private async Task<SpooledFile> FetchAsync(PendingUpload upload, PendingFile file, SpoolFolder folder, CancellationToken cancellationToken)
    {
        var path = folder.FileAt(file.FileName);
        await using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        foreach (var (number, _) in upload.PartsOf(file)) await store.CopyToAsync(upload.PartKeyOf(file, number), target, cancellationToken);
        return new SpooledFile(file.FileName, path, target.Length);
    }

    private void RefuseTooLarge(IReadOnlyList<PartUploadFile> files)
    {
        if (files.Count > options.Value.MaxFiles) throw Refuse.Invalid("files", Messages.FilesTooMany, options.Value.MaxFiles);
        if (files.Sum(file => (decimal)file.Size!.Value) > options.Value.MaxBundleBytes) throw Refuse.TooLarge(Messages.BundleTooLarge, options.Value.MaxBundleBytes);
    }

    private long PartSizeFor(IReadOnlyList<PartUploadFile> files) =>
        Math.Max(options.Value.PartBytes, files.Max(file => file.Size!.Value) / MaxParts + 1);

    private async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await foreach (var stored in store.ListAsync(PendingUpload.FolderOf(id), cancellationToken)) await store.RemoveAsync(stored.Key, cancellationToken);
    }

    /// <summary>The template is made: what cannot be removed now, the sweep removes.</summary>
    private async Task RemoveQuietlyAsync(string id)
    {
        try
        {
            await RemoveAsync(id, CancellationToken.None);
        }
        catch (Exception exception) when (exception is Minio.Exceptions.MinioException or HttpRequestException)
        {
            LogLeft(logger, exception, id);
        }
    }

    [LoggerMessage(421, LogLevel.Warning, "The parts of upload {UploadId} could not be removed after it was completed")]
    private static partial void LogLeft(ILogger logger, Exception exception, string uploadId);
}
