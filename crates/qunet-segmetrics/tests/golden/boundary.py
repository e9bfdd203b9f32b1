"""Writes boundary.json from segmentation.json, a file of NumPy mask expressions and of the values that
MedPy, MONAI, SciPy and surface-distance gave for them.

    python boundary.py
"""
import json,numpy as np
d=json.load(open('segmentation.json'))
out=[]
for c in d['cases']:
    sh=c['shape']; g=np.indices(sh); 
    ns=dict(np=np,abs=np.abs); ax=['y','x'] if len(sh)==2 else ['z','y','x']
    ns['z']=np.zeros(sh,int)
    for n,a in zip(ax,g): ns[n]=a
    try:
        m=[np.broadcast_to(np.asarray(eval(c[k],ns)),sh).astype(bool) for k in('pred','truth')]
    except Exception as e: print('skip',c['name'],e); continue
    ok=int((m[0]&m[1]).sum())==c['counts']['tp'] and int((m[0]&~m[1]).sum())==c['counts']['fp'] and int((m[1]&~m[0]).sum())==c['counts']['fn']
    if not ok: print('bad',c['name']); continue
    def rl(a):
        f=a.ravel(); e=np.flatnonzero(np.diff(f))+1; return np.diff(np.concatenate([[0],e,[f.size]])).tolist() if not f[0] else [0]+np.diff(np.concatenate([[0],e,[f.size]])).tolist()
    s=c['surface']
    r=[rl(a) for a in m]
    if len(r[0])+len(r[1])>3000: print('long',c['name'],len(r[0])+len(r[1])); continue
    pick={k:{n:v for n,v in s.get(k,{}).items() if isinstance(v,(int,float))} for k in("medpy","MONAI","scipy edges + distance_transform_edt","MONAI NSD use_subvoxels","surface-distance (DeepMind)")}
    out.append(dict(name=c['name'],shape=sh,spacing=c['spacing'],prediction=c['pred'],truth=c['truth'],prediction_runs=r[0],truth_runs=r[1],edge_pixels=c['edge_pixels'],expected=pick))
    print(c['name'],sh,c['spacing'],pick['medpy'].keys(),s.get('surface-distance (DeepMind)'))
v=d['versions']
json.dump(dict(about="Surface metrics of medpy.metric.binary (hd, hd95, assd), monai.metrics (hd, hd95, assd, nsd at tolerances 1 and 2) and SciPy (binary_erosion + distance_transform_edt); MONAI compute_surface_dice with use_subvoxels; surface-distance with compute_robust_hausdorff at 95. Masks are the NumPy expressions of x, y, z; the runs are their row-major lengths, background first.",versions={k:v[k] for k in('numpy','scipy','MedPy','monai',"torch","surface-distance")},cases=out),open('boundary.json','w'),separators=(',',':'))
