using System.Text;
using System.Xml.Linq;
using SimulationManager.LocalS3.Signing;
using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Http;
using static SimulationManager.LocalS3.Http.XmlAnswer;

namespace SimulationManager.LocalS3.Http;

/// <summary>Listings of a bucket: ListObjects (version 1 and 2), ListObjectVersions and ListMultipartUploads.</summary>
internal sealed class ListOperations(BucketStore store, string owner)
{
    private const int LargestPage = 1000;

    public Task ListAsync(HttpContext context, RequestTarget target)
    {
        var query = new ListQuery(target);
        return target.Value("list-type") == "2" ? ListV2Async(context, target, query) : ListV1Async(context, target, query);
    }

    public Task ListVersionsAsync(HttpContext context, RequestTarget target)
    {
        var query = new ListQuery(target);
        var page = Page(target, query, target.Value("key-marker") ?? "");
        return WriteAsync(context.Response, Element(
            "ListVersionsResult",
            query.Head(target.Bucket, page),
            Element("KeyMarker", query.Show(target.Value("key-marker") ?? "")),
            page.IsTruncated ? Element("NextKeyMarker", query.Show(page.Last)) : null,
            page.Objects.Select(stored => Element(
                "Version", Element("VersionId", "null"), Element("IsLatest", "true"), Describe(stored, query), BucketOperations.Owner(owner))),
            query.Prefixes(page)));
    }

    public Task ListUploadsAsync(HttpContext context, RequestTarget target)
    {
        var query = new ListQuery(target);
        var (marker, idMarker) = (target.Value("key-marker") ?? "", target.Value("upload-id-marker") ?? "");
        var limit = BucketOperations.Number(target, "max-uploads", LargestPage, 1, LargestPage);
        var rest = store.Get(target.Bucket).Uploads.List()
            .Where(upload => upload.Key.StartsWith(query.Prefix, StringComparison.Ordinal))
            .Where(upload => marker.Length == 0 || Utf8Order.Instance.Compare(upload.Key, marker) is > 0
                || (upload.Key == marker && idMarker.Length > 0 && string.CompareOrdinal(upload.UploadId, idMarker) > 0)).ToList();
        var page = rest.Take(limit).ToList();
        return WriteAsync(context.Response, Element(
            "ListMultipartUploadsResult",
            Element("Bucket", target.Bucket), Element("KeyMarker", query.Show(marker)), Element("UploadIdMarker", idMarker),
            rest.Count > page.Count ? [Element("NextKeyMarker", query.Show(page[^1].Key)), Element("NextUploadIdMarker", page[^1].UploadId)] : Array.Empty<XElement>(),
            Element("Prefix", query.Show(query.Prefix)), Element("Delimiter", query.Show(query.Delimiter)), Element("MaxUploads", limit),
            Element("IsTruncated", rest.Count > page.Count),
            page.Select(upload => Element(
                "Upload", Element("Key", query.Show(upload.Key)), Element("UploadId", upload.UploadId), BucketOperations.Owner(owner),
                Element("StorageClass", "STANDARD"), Element("Initiated", Time(upload.Initiated))))));
    }

    private Task ListV2Async(HttpContext context, RequestTarget target, ListQuery query)
    {
        var token = target.Value("continuation-token");
        var startAfter = target.Value("start-after") ?? "";
        var page = Page(target, query, token is { Length: > 0 } ? ReadToken(token) : startAfter);
        return WriteAsync(context.Response, Element(
            "ListBucketResult",
            query.Head(target.Bucket, page),
            Element("KeyCount", page.Objects.Count + page.CommonPrefixes.Count),
            token is null ? null : Element("ContinuationToken", token),
            startAfter.Length == 0 ? null : Element("StartAfter", query.Show(startAfter)),
            page.IsTruncated ? Element("NextContinuationToken", Convert.ToBase64String(Encoding.UTF8.GetBytes(page.Last))) : null,
            page.Objects.Select(stored => Element(
                "Contents", Describe(stored, query), target.Value("fetch-owner") == "true" ? BucketOperations.Owner(owner) : null)),
            query.Prefixes(page)));
    }

    private Task ListV1Async(HttpContext context, RequestTarget target, ListQuery query)
    {
        var marker = target.Value("marker") ?? "";
        var page = Page(target, query, marker);
        return WriteAsync(context.Response, Element(
            "ListBucketResult",
            query.Head(target.Bucket, page),
            Element("Marker", query.Show(marker)),
            page.IsTruncated && query.Delimiter.Length > 0 ? Element("NextMarker", query.Show(page.Last)) : null,
            page.Objects.Select(stored => Element("Contents", Describe(stored, query), BucketOperations.Owner(owner))),
            query.Prefixes(page)));
    }

    private KeyPage Page(RequestTarget target, ListQuery query, string after)
    {
        var bucket = store.Get(target.Bucket);
        return query.Limit == 0 ? new KeyPage() : bucket.List(query.Prefix, query.Delimiter, after, query.Limit);
    }

    private static object[] Describe(StoredObject stored, ListQuery query) =>
    [
        Element("Key", query.Show(stored.Key)), Element("LastModified", Time(stored.LastModified)), Element("ETag", $"\"{stored.ETag}\""),
        Element("Size", stored.Size), Element("StorageClass", "STANDARD"),
    ];

    private static string ReadToken(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(token));
        }
        catch (FormatException)
        {
            throw S3Error.InvalidArgument("The continuation token provided is incorrect.");
        }
    }

    /// <summary>The parameters that all listings share.</summary>
    private sealed class ListQuery(RequestTarget target)
    {
        private readonly bool _isUrlEncoded = target.Value("encoding-type") switch
        {
            null or "" => false,
            "url" => true,
            _ => throw S3Error.InvalidArgument("Invalid encoding method specified in the request; only 'url' is known."),
        };

        public string Prefix { get; } = target.Value("prefix") ?? "";
        public string Delimiter { get; } = target.Value("delimiter") ?? "";
        public int Limit { get; } = BucketOperations.Number(target, "max-keys", LargestPage, 0, LargestPage);

        public string Show(string text) => _isUrlEncoded ? UriEncoding.Encode(text, keepSlash: true) : text;

        public object?[] Head(string bucket, KeyPage page) =>
        [
            Element("Name", bucket), Element("Prefix", Show(Prefix)), Element("MaxKeys", Limit), Delimiter.Length > 0 ? Element("Delimiter", Show(Delimiter)) : null,
            _isUrlEncoded ? Element("EncodingType", "url") : null, Element("IsTruncated", page.IsTruncated),
        ];

        public IEnumerable<XElement> Prefixes(KeyPage page) => page.CommonPrefixes.Select(prefix => Element("CommonPrefixes", Element("Prefix", Show(prefix))));
    }
}
