using System.Globalization;
using System.Xml.Linq;
using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Http;
using static SimulationManager.LocalS3.Http.XmlAnswer;

namespace SimulationManager.LocalS3.Http;

/// <summary>What can be asked of a bucket, listings aside.</summary>
internal sealed class BucketOperations(BucketStore store)
{
    private const int MostKeysPerDelete = 1000;

    /// <summary>Settings that this server does not have: S3 answers each with an error of its own when none is set.</summary>
    private static readonly Dictionary<string, string> AbsentSettings = new()
    {
        ["policy"] = "NoSuchBucketPolicy",
        ["lifecycle"] = "NoSuchLifecycleConfiguration",
        ["cors"] = "NoSuchCORSConfiguration",
        ["tagging"] = "NoSuchTagSet",
        ["encryption"] = "ServerSideEncryptionConfigurationNotFoundError",
        ["object-lock"] = "ObjectLockConfigurationNotFoundError",
        ["replication"] = "ReplicationConfigurationNotFoundError",
        ["website"] = "NoSuchWebsiteConfiguration",
        ["publicAccessBlock"] = "NoSuchPublicAccessBlockConfiguration",
        ["ownershipControls"] = "OwnershipControlsNotFoundError",
    };

    private static readonly Dictionary<string, string> EmptySettings = new()
    {
        ["location"] = "LocationConstraint",
        ["versioning"] = "VersioningConfiguration",
        ["notification"] = "NotificationConfiguration",
        ["logging"] = "BucketLoggingStatus",
        ["accelerate"] = "AccelerateConfiguration",
    };

    public static IEnumerable<string> Settings => AbsentSettings.Keys.Concat(EmptySettings.Keys).Append("acl").Append("requestPayment");

    public Task ListAllAsync(HttpContext context, string owner) => WriteAsync(context.Response, Element(
        "ListAllMyBucketsResult",
        Owner(owner),
        Element("Buckets", store.List().Select(bucket => Element("Bucket", Element("Name", bucket.Name), Element("CreationDate", Time(bucket.Created)))))));

    public void Create(HttpContext context, RequestTarget target)
    {
        store.Create(target.Bucket);
        context.Response.Headers.Location = $"/{target.Bucket}";
    }

    public void Delete(HttpContext context, RequestTarget target)
    {
        store.Delete(target.Bucket);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public void Head(HttpContext context, RequestTarget target)
    {
        store.Get(target.Bucket);
        context.Response.Headers["x-amz-bucket-region"] = "us-east-1";
    }

    public Task ReadSettingAsync(HttpContext context, RequestTarget target, string setting)
    {
        store.Get(target.Bucket);
        if (EmptySettings.TryGetValue(setting, out var element))
            return WriteAsync(context.Response, Element(element));
        throw AbsentSettings.TryGetValue(setting, out var code)
            ? new S3Error(404, code, $"The bucket has no {setting} setting.")
            : S3Error.NotImplemented($"the bucket setting '{setting}'");
    }

    /// <summary>Deletes up to 1,000 keys; what could not be deleted is in the answer.</summary>
    public async Task DeleteManyAsync(HttpContext context, RequestTarget target, RequestBody body)
    {
        var bucket = store.Get(target.Bucket);
        var document = await body.ReadXmlAsync(context.RequestAborted).ConfigureAwait(false);
        var isQuiet = Child(document, "Quiet") is { Value: "true" };
        var keys = document.Elements().Where(element => element.Name.LocalName == "Object").Select(element => Child(element, "Key")?.Value ?? throw S3Error.MalformedXml()).ToList();
        if (keys.Count is 0 or > MostKeysPerDelete)
            throw S3Error.MalformedXml();
        keys.ForEach(bucket.Delete);
        await WriteAsync(context.Response, Element(
            "DeleteResult", isQuiet ? null : keys.Select(key => Element("Deleted", Element("Key", key))))).ConfigureAwait(false);
    }

    public static XElement Owner(string id) => Element("Owner", Element("ID", id), Element("DisplayName", id));

    public static XElement? Child(XElement parent, string name) => parent.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    /// <summary>A whole number in the query, within the range that S3 allows.</summary>
    public static int Number(RequestTarget target, string name, int standard, int lowest, int highest) => target.Value(name) switch
    {
        null or "" => standard,
        { } text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= lowest
            ? Math.Min(value, highest)
            : throw S3Error.InvalidArgument($"{name} must be a number from {lowest} to {highest}."),
    };
}
