using System.Globalization;
using System.Xml.Linq;
using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Http;
using static SimulationManager.LocalS3.Http.XmlAnswer;

namespace SimulationManager.LocalS3.Http;

/// <summary>Uploads in parts.</summary>
internal sealed class MultipartOperations(BucketStore store, ObjectOperations objects)
{
    private const int LargestPage = 1000;

    public Task BeginAsync(HttpContext context, RequestTarget target)
    {
        ObjectOperations.CheckKey(target.Key);
        var (headers, metadata) = ObjectOperations.DescriptionOf(context.Request);
        var upload = store.Get(target.Bucket).Uploads.Begin(
            new PendingUpload { UploadId = "", Key = target.Key, Initiated = default, Headers = headers, Metadata = metadata });
        return WriteAsync(context.Response, Element(
            "InitiateMultipartUploadResult", Element("Bucket", target.Bucket), Element("Key", target.Key), Element("UploadId", upload.UploadId)));
    }

    public async Task PutPartAsync(HttpContext context, RequestTarget target, RequestBody body)
    {
        var (uploads, upload) = Find(target);
        var part = await uploads.PutPartAsync(upload, PartNumber(target), body.Content, body.Checks, context.RequestAborted).ConfigureAwait(false);
        context.Response.Headers.ETag = $"\"{part.ETag}\"";
    }

    public async Task CopyPartAsync(HttpContext context, RequestTarget target)
    {
        var (uploads, upload) = Find(target);
        var number = PartNumber(target);
        var (source, file) = objects.OpenCopySource(context.Request);
        await using (file.ConfigureAwait(false))
        {
            var range = ByteRange.Parse(context.Request.Headers["x-amz-copy-source-range"].ToString(), source.Size) ?? new ByteRange(0, source.Size - 1);
            await using var content = new SlicedStream(file, range.First, range.Length);
            var part = await uploads.PutPartAsync(upload, number, content, ContentChecks.None, context.RequestAborted).ConfigureAwait(false);
            await WriteAsync(context.Response, Element("CopyPartResult", Element("LastModified", Time(part.LastModified)), Element("ETag", $"\"{part.ETag}\"")))
                .ConfigureAwait(false);
        }
    }

    public Task ListPartsAsync(HttpContext context, RequestTarget target, string owner)
    {
        var (uploads, upload) = Find(target);
        var limit = BucketOperations.Number(target, "max-parts", LargestPage, 1, LargestPage);
        var marker = BucketOperations.Number(target, "part-number-marker", 0, 0, UploadStore.HighestPartNumber);
        var rest = uploads.ListParts(upload).Where(part => part.Number > marker).ToList();
        var page = rest.Take(limit).ToList();
        return WriteAsync(context.Response, Element(
            "ListPartsResult",
            Element("Bucket", target.Bucket), Element("Key", target.Key), Element("UploadId", upload.UploadId), BucketOperations.Owner(owner),
            Element("StorageClass", "STANDARD"), Element("PartNumberMarker", marker),
            Element("NextPartNumberMarker", page.Count > 0 ? page[^1].Number : 0), Element("MaxParts", limit), Element("IsTruncated", rest.Count > page.Count),
            page.Select(part => Element(
                "Part", Element("PartNumber", part.Number), Element("LastModified", Time(part.Part.LastModified)), Element("ETag", $"\"{part.Part.ETag}\""), Element("Size", part.Part.Size)))));
    }

    public async Task CompleteAsync(HttpContext context, RequestTarget target, RequestBody body)
    {
        var (uploads, upload) = Find(target);
        var document = await body.ReadXmlAsync(context.RequestAborted).ConfigureAwait(false);
        var wanted = document.Elements().Where(element => element.Name.LocalName == "Part").Select(ReadPart).ToList();
        var stored = await uploads.CompleteAsync(upload, wanted, Preconditions.ForWrite(context.Request.Headers), context.RequestAborted).ConfigureAwait(false);
        await WriteAsync(context.Response, Element(
            "CompleteMultipartUploadResult",
            Element("Location", $"{context.Request.Scheme}://{context.Request.Host}/{target.Bucket}/{target.Key}"),
            Element("Bucket", target.Bucket), Element("Key", target.Key), Element("ETag", $"\"{stored.ETag}\""))).ConfigureAwait(false);
    }

    public void Abort(HttpContext context, RequestTarget target)
    {
        var (uploads, upload) = Find(target);
        uploads.Abort(upload);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private (UploadStore Uploads, PendingUpload Upload) Find(RequestTarget target)
    {
        var uploads = store.Get(target.Bucket).Uploads;
        return (uploads, uploads.Get(target.Value("uploadId") ?? "", target.Key));
    }

    private static int PartNumber(RequestTarget target) =>
        int.TryParse(target.Value("partNumber"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= UploadStore.HighestPartNumber
            ? number
            : throw S3Error.InvalidArgument("Part number must be an integer between 1 and 10000, inclusive.");

    private static (int Number, string ETag) ReadPart(XElement part) =>
        int.TryParse(BucketOperations.Child(part, "PartNumber")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && BucketOperations.Child(part, "ETag")?.Value is { } etag
            ? (number, etag.Trim().Trim('"'))
            : throw S3Error.MalformedXml();
}
