using SimulationManager.Core.Model;
using SimulationManager.Core.Storage;

namespace SimulationManager.Api.Templates;

/// <summary>
/// The objects of one bundle on their way into storage. Unless it is kept, disposing removes them again: a failure or a client
/// that leaves takes everything back.
/// </summary>
internal sealed partial class BundleUpload(BundleStore store, ILogger logger) : IAsyncDisposable
{
    public const string Prefix = "templates/";

    private static readonly TimeSpan CleanupLimit = TimeSpan.FromSeconds(30);

    private readonly string _folder = $"{Prefix}{Guid.NewGuid():N}/";
    private readonly List<string> _keys = [];
    private bool _kept;

    /// <summary>Puts all files of a bundle into storage, under keys of ours.</summary>
    public async Task<List<TemplateFile>> PutAsync(CheckedBundle bundle, CancellationToken cancellationToken)
    {
        List<TemplateFile> files = [await PutAsync(TemplateFileKind.Metadata, bundle.Metadata, "metadata.yaml", "application/yaml", cancellationToken)];
        for (var index = 0; index < bundle.Bags.Count; index++)
        {
            var bag = bundle.Bags[index];
            files.Add(await PutAsync(TemplateFileKind.Bag, bag, $"{index}{BundleFileName.EndingOf(bag.FileName)}", "application/octet-stream", cancellationToken));
        }

        if (bundle.Index is { } made) files.Add(await PutAsync(TemplateFileKind.Index, made, "index", "application/octet-stream", cancellationToken));
        return files;
    }

    /// <summary>The bundle now belongs to a template.</summary>
    public void Keep() => _kept = true;

    public async ValueTask DisposeAsync()
    {
        if (_kept || _keys.Count == 0) return;
        // The request may be cancelled by now; the cleaning up must not be.
        using var limit = new CancellationTokenSource(CleanupLimit);
        foreach (var key in _keys)
        {
            try
            {
                await store.RemoveAsync(key, limit.Token);
            }
            catch (Exception exception) when (exception is Minio.Exceptions.MinioException or HttpRequestException or OperationCanceledException)
            {
                // The sweep of unreferenced objects finds it later.
                LogLeft(logger, exception, key);
            }
        }
    }

    private async Task<TemplateFile> PutAsync(
        TemplateFileKind kind, SpooledFile file, string name, string contentType, CancellationToken cancellationToken)
    {
        var key = _folder + name;
        _keys.Add(key);
        await using var content = new FileStream(
            file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await store.PutAsync(key, content, file.Size, contentType, cancellationToken);
        return new TemplateFile { Kind = kind, FileName = file.FileName, ObjectKey = key, Size = file.Size };
    }

    [LoggerMessage(411, LogLevel.Warning, "Object {Key} could not be removed after a failed upload")]
    private static partial void LogLeft(ILogger logger, Exception exception, string key);
}
