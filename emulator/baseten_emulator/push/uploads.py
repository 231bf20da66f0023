"""The S3 side of a push: credentials for one key, then PUT (or a multipart upload) of the archive.

Measured with truss 0.18.35 over boto3 1.44.5: path-style `PUT /bucket/key`, above 8 MiB `POST ?uploads`,
`PUT ?partNumber=N&uploadId=U`, `POST ?uploadId=U`. Of the SigV4 signature only the access key id is checked, of the
body its CRC32.
"""

import base64
import hashlib
import hmac
import re
import zlib
from dataclasses import replace
from xml.sax.saxutils import escape

from baseten_emulator.faults import faults
from baseten_emulator.world.records import Fault, Upload
from baseten_emulator.world.truss_archive import model_name_in
from baseten_emulator.world.wire import RefusedError, Request, Response, bad_request
from baseten_emulator.world.world import World

BUCKET = "baseten-emulator-uploads"
MAX_ARCHIVE_BYTES = 512 * 1024 * 1024
_MAX_PARTS = 10_000
REGION = "us-east-1"


def grant_credentials(world: World) -> dict[str, str]:
    """Return credentials for one fresh key, as GraphQL and REST hand them out."""
    number = world.next_id()
    key, access_key_id = f"models/{number}/truss.tgz", f"ASIAEMU{number.upper()}"
    world.store.put(Upload(key, access_key_id))
    return {
        "s3_bucket": BUCKET,
        "s3_key": key,
        "aws_access_key_id": access_key_id,
        "aws_secret_access_key": f"emulated-{number}",
        "aws_session_token": f"emulated-session-{number}",
    }


def archive_of(world: World, s3_key: str) -> bytes:
    """Return the bytes of a completed upload. Raises ApiError 400 when there is none."""
    data = world.store.blob(s3_key)
    if data is None:
        raise bad_request(f's3_key "{s3_key}" was never uploaded')
    return data


def download_url(world: World, s3_key: str) -> str:
    """Return a presigned URL of an archive."""
    return f"{world.base_url}/{BUCKET}/{s3_key}?X-Emulator-Signature={_signature(world, s3_key)}"


def judge_head(world: World, request: Request) -> Response | None:
    """Return the refusal of an upload that was not announced; None where its body is to be read."""
    key = request.path.removeprefix(f"/{BUCKET}/")
    try:
        if request.method != "GET":  # which has its own signature
            _require_announced(world, request.with_params({"key": key}))
    except RefusedError as refused_upload:
        return refused_upload.response
    return None


def put(world: World, request: Request) -> Response:
    """Answer the PUT of an object, or of one part of it."""
    upload = _require_announced(world, request)
    _check_crc(request)
    etag = f'"{hashlib.md5(request.body, usedforsecurity=False).hexdigest()}"'
    part = request.arg("partNumber")
    if part is None:
        _finish(world, upload, request.body)
        return Response(200, headers=(("ETag", etag),))
    if not re.fullmatch(r"[0-9]{1,5}", part) or not 1 <= int(part) <= _MAX_PARTS:
        raise _error(400, "InvalidArgument", f"partNumber must be between 1 and {_MAX_PARTS}")
    size = upload.size + len(request.body)
    if size > MAX_ARCHIVE_BYTES:
        raise _error(400, "EntityTooLarge", f"an archive has at most {MAX_ARCHIVE_BYTES} bytes")
    world.store.put_blob(f"{upload.id}#{int(part)}", request.body)
    numbers = {*upload.parts, int(part)}
    world.store.put(replace(upload, parts=tuple(sorted(numbers)), size=size))
    return Response(200, headers=(("ETag", etag),))


def post(world: World, request: Request) -> Response:
    """Begin (`?uploads`) or complete (`?uploadId=`) a multipart upload."""
    upload = _require_announced(world, request)
    if request.arg("uploads") is not None:
        body = f"<Bucket>{BUCKET}</Bucket><Key>{escape(upload.id)}</Key><UploadId>1</UploadId>"
        return _xml(f"<InitiateMultipartUploadResult>{body}</InitiateMultipartUploadResult>")
    parts = [world.store.blob(f"{upload.id}#{number}") or b"" for number in upload.parts]
    _finish(world, upload, b"".join(parts))
    for number in upload.parts:
        world.store.delete_blob(f"{upload.id}#{number}")
    body = f"<Bucket>{BUCKET}</Bucket><Key>{escape(upload.id)}</Key><ETag>&quot;1&quot;</ETag>"
    return _xml(f"<CompleteMultipartUploadResult>{body}</CompleteMultipartUploadResult>")


def get(world: World, request: Request) -> Response:
    """Answer the GET of an archive by its presigned URL."""
    key = request.params["key"]
    given = request.arg("X-Emulator-Signature") or ""
    if not hmac.compare_digest(given, _signature(world, key)):
        raise _error(403, "SignatureDoesNotMatch", "the URL is not a presigned one")
    return Response(200, archive_of(world, key), "application/octet-stream")


def abort(world: World, request: Request) -> Response:
    """Answer the DELETE of a multipart upload."""
    upload = _require_announced(world, request)
    for number in upload.parts:
        world.store.delete_blob(f"{upload.id}#{number}")
    return Response(204)


def _require_announced(world: World, request: Request) -> Upload:
    upload = world.store.get(Upload, request.params["key"])
    used = re.search(r"Credential=([^/]+)/", request.headers.get("authorization", ""))
    if upload is None or used is None or used[1] != upload.owner:
        raise _error(403, "AccessDenied", "Access Denied")
    return upload


def _finish(world: World, upload: Upload, archive: bytes) -> None:
    # An archive is read only where such a fault is set.
    is_set = any(fault.kind == "upload_refused" for fault in world.store.all(Fault))
    if is_set and faults.find_live(world, model_name_in(archive), "upload_refused"):
        raise _error(403, "AccessDenied", "Access Denied (fault upload_refused)")
    world.store.put_blob(upload.id, archive)
    world.store.put(replace(upload, complete=True, parts=()))


def _check_crc(request: Request) -> None:
    sent = request.headers.get("x-amz-checksum-crc32")
    actual = base64.b64encode(zlib.crc32(request.body).to_bytes(4, "big")).decode()
    if sent and sent != actual:
        raise _error(400, "BadDigest", "the CRC32 does not match the body")


def _signature(world: World, key: str) -> str:
    return hmac.new(world.api_key.encode(), key.encode(), hashlib.sha256).hexdigest()


def _xml(body: str, status: int = 200) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{body}'
    return Response(status, text.encode(), "application/xml")


def _error(status: int, code: str, message: str) -> RefusedError:
    text = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    return RefusedError(_xml(f"<Error>{text}</Error>", status))
