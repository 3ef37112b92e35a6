using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using SimulationManager.Api.Contract;
using SimulationManager.Rosbag2;

namespace SimulationManager.Api.Templates;

/// <summary>
/// Reads a template's multipart form part by part: files go straight to disk, so that memory stays flat however large they are.
/// </summary>
public sealed class TemplateFormReader(IOptions<UploadOptions> options)
{
    private const int LongestField = 64 * 1024;
    private const int LongestName = 255;
    private const int CopyBuffer = 128 * 1024;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the request's body to its end.</summary>
    /// <exception cref="RefusalException">It is not a form as the contract has it (400, 413, 415).</exception>
    public async Task<TemplateForm> ReadAsync(HttpRequest request, SpoolFolder folder, CancellationToken cancellationToken)
    {
        var reader = new MultipartReader(BoundaryOf(request), request.Body)
        {
            HeadersLengthLimit = 8 * 1024,
            // The bundle's own limit is counted over its files, and refused with 413.
            BodyLengthLimit = null,
        };
        var parts = new Parts(options.Value, folder);
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section) await parts.AddAsync(section, cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw Refuse.BadRequest(Messages.FormNotReadable);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException && request.HttpContext.RequestAborted.IsCancellationRequested is false)
        {
            throw Refuse.BadRequest(Messages.FormNotReadable);
        }

        return parts.ToForm();
    }

    private static string BoundaryOf(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw new RefusalException(StatusCodes.Status415UnsupportedMediaType, Messages.FormExpected);
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        return boundary is { Length: > 0 and <= 100 } ? boundary : throw Refuse.BadRequest(Messages.FormNotReadable);
    }

    private sealed class Parts(UploadOptions limits, SpoolFolder folder)
    {
        private const string Topics = "topics";

        private readonly Dictionary<string, string> _texts = [];
        private readonly List<SpooledFile> _bags = [];
        private readonly List<FieldProblem> _problems = [];
        private SpooledFile? _metadata;
        private long _bytes;

        public async Task AddAsync(MultipartSection section, CancellationToken cancellationToken)
        {
            if (section.GetContentDispositionHeader() is not { } disposition) throw Refuse.BadRequest(Messages.FormNotReadable);
            var field = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
            var fileName = BundleFileName.WithoutFolder(
                HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value);
            switch (field)
            {
                case "name" or "type" or "description" or Topics:
                    if (!_texts.TryAdd(field, await ReadTextAsync(section, field, cancellationToken)))
                        throw Refuse.Invalid(field, Messages.FieldTwice);
                    break;
                case "topics[]":
                    // How some clients send a list: an entry each.
                    var topic = await ReadTextAsync(section, Topics, cancellationToken);
                    _texts[Topics] = _texts.TryGetValue(Topics, out var others) ? $"{others},{topic}" : topic;
                    break;
                case BundleFileName.BagField when fileName is not null && BundleFileName.IsLogIndex(fileName):
                case BundleFileName.MetadataField or BundleFileName.BagField when fileName is "":
                    // The latter: a browser's file field in which nothing was chosen.
                    await section.Body.CopyToAsync(Stream.Null, cancellationToken);
                    break;
                case BundleFileName.MetadataField:
                    if (_metadata is not null) throw Refuse.Invalid(field, Messages.FieldTwice);
                    _metadata = await SpoolAsync(section, field, fileName, cancellationToken);
                    break;
                case BundleFileName.BagField:
                    _bags.Add(await SpoolAsync(section, field, fileName, cancellationToken));
                    break;
                default:
                    await section.Body.CopyToAsync(Stream.Null, cancellationToken);
                    break;
            }
        }

        public TemplateForm ToForm()
        {
            var form = new TemplateForm
            {
                Name = Text("name", LongestName),
                Type = Text("type", LongestName),
                Description = Text("description", LongestField),
                Topics = TemplateForm.TopicsOf(Text(Topics, LongestField)),
                Metadata = _metadata,
                Bags = _bags,
            };
            return _problems.Count == 0 ? form : throw Refuse.Invalid(_problems);
        }

        private string? Text(string field, int longest)
        {
            if (!_texts.TryGetValue(field, out var text)) return null;
            text = text.Trim();
            if (text.Length == 0) _problems.Add(new FieldProblem(field, Messages.FieldBlank));
            else if (text.Length > longest) _problems.Add(new FieldProblem(field, Messages.FieldLength, 1, longest));
            else if (text.Contains('\0')) _problems.Add(new FieldProblem(field, Messages.FieldCharacters));
            return text;
        }

        private static async Task<string> ReadTextAsync(MultipartSection section, string field, CancellationToken cancellationToken)
        {
            using var bytes = new MemoryStream();
            var buffer = new byte[4096];
            for (int read; (read = await section.Body.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > LongestField) throw Refuse.Invalid(field, Messages.FieldLength, 1, LongestField);
            }

            try
            {
                return StrictUtf8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
            }
            catch (DecoderFallbackException)
            {
                throw Refuse.Invalid(field, Messages.FieldCharacters);
            }
        }

        private async Task<SpooledFile> SpoolAsync(
            MultipartSection section, string field, string? fileName, CancellationToken cancellationToken)
        {
            if (fileName is null) throw Refuse.Invalid(field, Messages.FileExpected);
            if (BundleFileName.ProblemOf(field, fileName, field) is { } problem) throw Refuse.Invalid([problem]);
            var path = folder.FileAt(fileName);
            if (File.Exists(path)) throw Refuse.Invalid(field, Messages.FileTwice, fileName);
            if (_bags.Count >= limits.MaxFiles) throw Refuse.Invalid(field, Messages.FilesTooMany, limits.MaxFiles);
            await using var file = new FileStream(
                path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await CopyAsync(section.Body, file, cancellationToken);
            // A log is empty when everything in it was taken into its database.
            if (file.Length == 0 && !WriteAheadLog.IsLog(fileName)) throw Refuse.Invalid(field, Messages.FileEmpty, fileName);
            return new SpooledFile(fileName, path, file.Length);
        }

        private async Task CopyAsync(Stream source, Stream target, CancellationToken cancellationToken)
        {
            var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(CopyBuffer);
            try
            {
                for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    _bytes += read;
                    if (_bytes > limits.MaxBundleBytes) throw Refuse.TooLarge(Messages.BundleTooLarge, limits.MaxBundleBytes);
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }
            }
            finally
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
