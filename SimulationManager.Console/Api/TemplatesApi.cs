namespace SimulationManager.Console.Api;

/// <summary><c>/api/template</c>: recordings.</summary>
public sealed class TemplatesApi(ApiConnection api)
{
    public Task<IReadOnlyList<TemplateView>> ListAsync(CancellationToken cancellationToken) =>
        api.GetAsync("api/template", ConsoleJson.Default.EnvelopeIReadOnlyListTemplateView, cancellationToken);

    public async Task<TemplateView> GetAsync(long id, CancellationToken cancellationToken) =>
        (await api.GetAsync($"api/template/{id}", ConsoleJson.Default.EnvelopeTemplateDetail, cancellationToken)).Template;

    /// <summary>What is in the bag.</summary>
    public Task<BagView> BagAsync(long id, CancellationToken cancellationToken) =>
        api.GetAsync($"api/template/{id}/bag", ConsoleJson.Default.EnvelopeBagView, cancellationToken);

    public Task<TemplateDeleted> DeleteAsync(long id, CancellationToken cancellationToken) =>
        api.DeleteAsync($"api/template/{id}", ConsoleJson.Default.EnvelopeTemplateDeleted, cancellationToken);

    /// <summary>Begins an upload in parts.</summary>
    public Task<UploadView> StartUploadAsync(UploadRequest request, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Post, "api/template/uploads", request, ConsoleJson.Default.UploadRequest, ConsoleJson.Default.EnvelopeUploadView, cancellationToken);

    /// <summary>Which parts are there, with fresh addresses for the others.</summary>
    public Task<UploadView> UploadAsync(string uploadId, CancellationToken cancellationToken) =>
        api.GetAsync($"api/template/uploads/{uploadId}", ConsoleJson.Default.EnvelopeUploadView, cancellationToken);

    public Task<TemplateView> CompleteUploadAsync(string uploadId, CancellationToken cancellationToken) =>
        api.PostAsync($"api/template/uploads/{uploadId}/complete", ConsoleJson.Default.EnvelopeTemplateView, cancellationToken);

    public Task<UploadDeleted> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken) =>
        api.DeleteAsync($"api/template/uploads/{uploadId}", ConsoleJson.Default.EnvelopeUploadDeleted, cancellationToken);
}

public sealed record TemplateView(
    long TemplateId, string TemplateName, string TemplateType, string TemplateDescription, string Topics, DateTimeOffset CreatedAt, FileLink MetadataFile, IReadOnlyList<FileLink> DbFiles);

public sealed record FileLink(string FileName, string DownloadUrl);

public sealed record TemplateDetail(TemplateView Template);

public sealed record TemplateDeleted(long TemplateId);

/// <summary>What is in a bag; durations in seconds, sizes in bytes.</summary>
public sealed record BagView(
    long TemplateId, double Duration, DateTimeOffset? StartTime, long MessageCount, long Size, string StorageIdentifier, string RosDistro, string Compression,
    IReadOnlyList<BagTopic> Topics, IReadOnlyList<BagFile> Files, IReadOnlyList<BagWarning> Warnings);

/// <param name="Name">As recorded.</param>
/// <param name="Type">Message type.</param>
/// <param name="MessageCount">Messages in all files.</param>
/// <param name="Rate">Messages per second; null with fewer than two.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Selected">Whether the template's agents play it.</param>
public sealed record BagTopic(string Name, string Type, long MessageCount, double? Rate, long Size, bool Selected);

public sealed record BagFile(string FileName, long Size, long MessageCount);

public sealed record BagWarning(string Message);

public sealed record UploadRequest(string Name, string Type, string Description, string? Topics, IReadOnlyList<UploadFile> Files);

public sealed record UploadFile(string Field, string FileName, long Size);

public sealed record UploadView(string UploadId, DateTimeOffset ExpiresAt, long PartSize, IReadOnlyList<UploadFileView> Files);

public sealed record UploadFileView(string Field, string FileName, long Size, IReadOnlyList<UploadPart> Parts);

public sealed record UploadPart(int PartNumber, long Size, bool IsUploaded, string? UploadUrl);

public sealed record UploadDeleted(string UploadId);
