using System.Net;
using Microsoft.JSInterop;
using SimulationManager.Console.Api;
using SimulationManager.Console.Preferences;

namespace SimulationManager.Console.Components;

/// <summary>A file that was chosen; its bytes stay with the browser.</summary>
public sealed record ChosenFile(int Index, string Name, long Size)
{
    /// <summary>As what the API takes it.</summary>
    public string Field => Name.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || Name.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
        ? TemplateUploader.MetadataField
        : TemplateUploader.BagField;
}

/// <summary>
/// Sends chosen files to the object storage in parts. What has arrived stays there for a day: the same files, chosen again under the same name, go on from it,
/// also after the page was closed.
/// </summary>
public sealed class TemplateUploader(TemplatesApi api, UserPreferences preferences, IJSObjectReference files, IReadOnlyList<ChosenFile> chosen)
{
    public const string MetadataField = "metadata_file";
    public const string BagField = "db_file";
    private const int AtOnce = 2;
    private const int Tries = 3;
    private const string Remembered = "upload";

    private readonly Dictionary<string, long> _sent = [];
    private readonly long _size = Math.Max(1, chosen.Sum(file => file.Size));
    private string? _uploadId;

    /// <summary>Percent of all bytes.</summary>
    public double Percent => Math.Min(100, 100.0 * _sent.Values.Sum() / _size);

    /// <summary>Notes how many bytes of a part have gone out.</summary>
    public void Report(string part, long bytes) => _sent[part] = bytes;

    /// <summary>Sends what is missing and makes a template of it.</summary>
    /// <exception cref="ApiException">The API refuses the files or cannot be reached.</exception>
    /// <exception cref="JSException">The object storage cannot be reached.</exception>
    public async Task<TemplateView> SendAsync(string name, string type, string description, CancellationToken cancellationToken)
    {
        var key = $"{name}|{type}|{description}|{string.Join('|', chosen.Select(file => $"{file.Name}:{file.Size}"))}";
        var upload = await FindAsync(key, cancellationToken)
            ?? await api.StartUploadAsync(new UploadRequest(name, type, description, null, [.. chosen.Select(file => new UploadFile(file.Field, file.Name, file.Size))]), cancellationToken);
        _uploadId = upload.UploadId;
        preferences.Write(Remembered, $"{upload.UploadId} {key}");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await SendPartsAsync(upload, cancellationToken);
                break;
            }
            catch (JSException) when (attempt < Tries && !cancellationToken.IsCancellationRequested)
            {
                upload = await api.UploadAsync(upload.UploadId, cancellationToken);
            }
        }

        var template = await api.CompleteUploadAsync(upload.UploadId, cancellationToken);
        preferences.Write(Remembered, null);
        return template;
    }

    /// <summary>Removes what was sent.</summary>
    /// <exception cref="ApiException">The API cannot be reached; what was sent goes after a day.</exception>
    public async Task GiveUpAsync()
    {
        preferences.Write(Remembered, null);
        if (_uploadId is not null) await api.DeleteUploadAsync(_uploadId, CancellationToken.None);
    }

    private async Task<UploadView?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (preferences.Read(Remembered)?.Split(' ', 2) is not [var id, var known] || known != key) return null;
        try
        {
            return await api.UploadAsync(id, cancellationToken);
        }
        catch (ApiException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task SendPartsAsync(UploadView upload, CancellationToken cancellationToken)
    {
        var parts = upload.Files.SelectMany(file => file.Parts.Select(part => (File: file, Part: part))).ToArray();
        foreach (var (file, part) in parts) _sent[NameOf(file, part)] = part.IsUploaded ? part.Size : 0;
        var missing = new Queue<(UploadFileView File, UploadPart Part)>(parts.Where(part => !part.Part.IsUploaded));
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => SendAsync()));

        async Task SendAsync()
        {
            while (missing.TryDequeue(out var next))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var index = chosen.First(file => file.Name == next.File.FileName).Index;
                var start = (next.Part.PartNumber - 1) * upload.PartSize;
                await using var stop = cancellationToken.Register(() => _ = files.InvokeVoidAsync("abort").AsTask());
                await files.InvokeVoidAsync("put", Timeout.InfiniteTimeSpan, index, start, next.Part.Size, next.Part.UploadUrl, NameOf(next.File, next.Part));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private static string NameOf(UploadFileView file, UploadPart part) => $"{file.FileName}#{part.PartNumber}";
}
